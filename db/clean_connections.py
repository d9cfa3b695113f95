"""Connections on which nothing was left: given out again without a word to the server.

Before asyncpg gives a connection to somebody else, it asks the server to forget all that the last
one may have left on it: settings, listeners, locks. That is a round trip for every statement.
"""

import asyncio
import re
from functools import lru_cache
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]

from db.shielding import finish

RELEASE_TIMEOUT: Final = 5.0  # seconds; after that the connection is thrown away
TURNS: Final = 1_000

_PLAIN: Final = re.compile(r"[\s(]*(?:select|insert|update|delete|with)\b", re.IGNORECASE)
# An advisory lock, unless it ends with its transaction, and settings that outlive it.
_STAYS: Final = re.compile(
    r"pg_(?:try_)?advisory_lock|set_config|dblink|\binto\s+temp|pg_export_snapshot", re.IGNORECASE
)


@lru_cache(maxsize=1024)
def leaves_nothing(sql: str) -> bool:
    """Tell whether a connection is as it was after this statement; in doubt it is not."""
    return _PLAIN.match(sql) is not None and _STAYS.search(sql) is None


class CleanConnections:
    """A pool of asyncpg's, before which the connections wait that need no cleaning."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: list[Any] = []
        self._places = asyncio.Semaphore(pool.get_max_size())
        self._turns = 0

    @property
    def waiting(self) -> int:
        """How many connections wait here, open and unused."""
        return len(self._waiting)

    async def acquire(self, timeout: float) -> Any:  # noqa: ANN401, ASYNC109
        """Take a connection.

        :raises TimeoutError: if there is none within `timeout` seconds.
        """
        if self._places.locked():
            async with asyncio.timeout(timeout):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            while self._waiting:
                connection = self._waiting.pop()
                if _is_open(connection):
                    return connection
                await self._give_back(connection)
            return await self._pool.acquire(timeout=timeout)
        except BaseException:
            self._places.release()
            raise

    async def release(self, connection: Any, *, clean: bool) -> None:  # noqa: ANN401
        """Give a connection back, even when the caller is cancelled."""
        try:
            self._turns = (self._turns + 1) % TURNS
            if not clean or not _is_open(connection):
                await self._give_back(connection)
            elif self._turns:
                self._waiting.append(connection)
            else:
                # Now and then asyncpg gets them all, to close those that are old or not needed.
                self._waiting.append(connection)
                await self.empty()
        finally:
            self._places.release()

    async def empty(self) -> None:
        """Give all to asyncpg."""
        while self._waiting:
            await self._give_back(self._waiting.pop())

    async def _give_back(self, connection: Any) -> None:  # noqa: ANN401
        await finish(self._pool.release(connection, timeout=RELEASE_TIMEOUT))


def _is_open(connection: Any) -> bool:  # noqa: ANN401
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # asyncpg took it back when it died
        return False
