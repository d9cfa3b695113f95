"""A connection to PostgreSQL that is nobody else's, kept only while it answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import asyncpg  # type: ignore[import-untyped]

_CONNECT_TIMEOUT: Final = 5.0  # seconds
_COMMAND_TIMEOUT: Final = 5.0  # seconds
_CHECK_INTERVAL: Final = 10.0  # seconds after which a silent connection must answer


class PostgresSession:
    """An open connection that can be waited with."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self._stirred = asyncio.Event()
        connection.add_termination_listener(lambda _: self._stirred.set())

    def stir(self) -> None:
        """End the present or the next wait."""
        self._stirred.set()

    async def wait(self) -> None:
        """Wait until `stir`, and find out when the connection is gone.

        :raises Exception: if the connection does not answer any more.
        """
        while not self._stirred.is_set():
            try:
                async with asyncio.timeout(_CHECK_INTERVAL):
                    await self._stirred.wait()
            except TimeoutError:
                await self.connection.execute("select 1")
        self._stirred.clear()
        if self.connection.is_closed():
            raise ConnectionError("PostgreSQL closed the connection")


@asynccontextmanager
async def postgres_session(url: str, name: str) -> AsyncIterator[PostgresSession]:
    """Connect under a name that the server's administrator can see."""
    connection = await asyncpg.connect(
        url,
        timeout=_CONNECT_TIMEOUT,
        command_timeout=_COMMAND_TIMEOUT,
        server_settings={"application_name": name},
    )
    try:
        yield PostgresSession(connection)
    finally:
        with suppress(Exception):
            await connection.close(timeout=1)
