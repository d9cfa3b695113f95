"""A process that starts while PostgreSQL is away: it waits, as those do that run already."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeVar

from db.errors import DBConnectionError, UnreachableDatabase
from server.drain import Drain

logger = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE: Final = 1.0  # seconds between two attempts


@asynccontextmanager
async def opened_when_reachable(
    open_all: Callable[[AsyncExitStack], Awaitable[T]], drain: Drain, *, patiently: bool
) -> AsyncIterator[T]:
    """Open what needs the database, and have it for the length of a block.

    A worker that fails to start ends the whole server, with all workers that ride an outage out:
    ``patiently`` it is tried until the database answers, or the process is told to end.

    :raises UnreachableDatabase: if it is not to be tried again.
    """
    async with AsyncExitStack() as stack:
        while True:
            try:
                opened = await open_all(stack)
                break
            except (UnreachableDatabase, DBConnectionError) as error:
                await stack.aclose()
                if drain.began or not patiently:
                    raise
                logger.warning("the database cannot be reached and is tried again: %s", error)
            await drain.wait(PAUSE)
        yield opened
