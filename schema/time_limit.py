"""How long an execution may take: of a query, of a mutation, of one event of a subscription."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from contextvars import ContextVar
from types import TracebackType
from typing import Final

from strawberry.extensions import SchemaExtension

from resolvers.context import Context

_limit: Final[ContextVar[float | None]] = ContextVar("time_limit", default=None)


class TooSlow(Exception):
    """An execution that took too long, and was stopped."""


def limit_executions(seconds: float) -> None:
    """Give every execution that this task and its children begin so much time."""
    _limit.set(seconds)


class _InTime:
    """A block that is stopped after so many seconds."""

    __slots__ = ("_seconds", "_timeout")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError as stopped:
            message = f"The operation was stopped after {self._seconds:g} seconds."
            raise TooSlow(message) from stopped


def in_time() -> AbstractAsyncContextManager[object]:
    """Stop the block when its time is over; where nobody limits it, never.

    :raises TooSlow: if it was stopped.
    """
    seconds = _limit.get()
    return nullcontext() if seconds is None else _InTime(seconds)


class TimeLimit(SchemaExtension):
    """Stop an operation that takes too long; with it, or with whoever asked, end its reads."""

    async def on_operation(self) -> AsyncIterator[None]:
        try:
            async with in_time():
                yield
        finally:
            context: Context = self.execution_context.context
            context.loaders.stop()
