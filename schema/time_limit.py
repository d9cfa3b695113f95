"""How long an execution may take: of a query, of a mutation, of one event of a subscription."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

from strawberry.extensions import SchemaExtension

from resolvers.context import Context

_limit: Final[ContextVar[float | None]] = ContextVar("time_limit", default=None)


class TooSlow(Exception):
    """An execution that took too long, and was stopped."""


def limit_executions(seconds: float) -> None:
    """Give every execution that this task and its children begin so much time."""
    _limit.set(seconds)


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Stop the block when its time is over; where nobody limits it, never.

    :raises TooSlow: if it was stopped.
    """
    seconds = _limit.get()
    timeout = asyncio.timeout(seconds)
    try:
        async with timeout:
            yield
    except TimeoutError as error:
        if not timeout.expired():
            raise
        raise TooSlow(f"The operation was stopped after {seconds:g} seconds.") from error


class TimeLimit(SchemaExtension):
    """Stop an operation that takes too long; with it, or with whoever asked, end its reads."""

    async def on_operation(self) -> AsyncIterator[None]:
        try:
            async with in_time():
                yield
        finally:
            context: Context = self.execution_context.context
            context.loaders.stop()
