"""Tortoise's PostgreSQL, with bounded waits, translated errors and safe transactions.

Tortoise looks for the word "asyncpg" in this module's name to choose how it alters tables.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
from tortoise.backends.base.client import TransactionContext

from db.asyncpg_errors import NO_CONNECTION
from db.asyncpg_statements import AsyncpgStatements
from db.asyncpg_transaction import AsyncpgTransaction, AsyncpgTransactionScope
from db.clean_connections import CleanConnections, leaves_nothing
from db.errors import DBConnectionError

T = TypeVar("T")


class AsyncpgPool(AsyncpgStatements):
    """A pool whose connections are waited for no longer than `acquire_timeout` seconds."""

    def __init__(self, *, acquire_timeout: float, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.acquire_timeout = acquire_timeout
        self.connections: CleanConnections | None = None

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001
        """Open the pool.

        :raises DBConnectionError: if the server does not answer or does not let us in.
        """
        try:
            await super().create_connection(with_db)
        except DBConnectionError as error:
            raise DBConnectionError(error.__cause__ or error) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise DBConnectionError(error) from error
        self.connections = CleanConnections(self._pool)

    async def _close(self) -> None:
        if self.connections is not None:
            with suppress(*NO_CONNECTION):
                await self.connections.empty()
            self.connections = None
        await super()._close()

    async def acquire(self) -> Any:  # noqa: ANN401
        """Take a living connection out of the pool, riding over a restart of the server.

        :raises DBConnectionError: if there is none in time.
        """
        if self.connections is None:
            async with self._pool_init_lock:
                if self.connections is None:
                    await self.create_connection(with_db=True)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.acquire_timeout
        pause = 0.05
        while True:
            assert self.connections is not None  # noqa: S101
            try:
                return await self.connections.acquire(max(0.01, deadline - loop.time()))
            except TimeoutError as error:
                raise DBConnectionError(
                    f"no database connection became free within {self.acquire_timeout:g} s"
                ) from error
            except NO_CONNECTION as error:
                if loop.time() + pause > deadline:
                    raise DBConnectionError(error) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def release(self, connection: Any, *, clean: bool = False) -> None:  # noqa: ANN401
        """Give a connection back, even when the caller is cancelled.

        ``clean`` says that nothing was left on it; else the server is asked to forget it.
        """
        if self.connections is not None:
            # What was done on a connection that died is decided; the pool replaces it by itself.
            with suppress(*NO_CONNECTION):
                await self.connections.release(connection, clean=clean)

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[Any]:  # type: ignore[override]
        """Hold a connection of the pool."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            await self.release(connection)

    async def _on_connection(self, sql: str, work: Callable[[Any], Awaitable[T]]) -> T:
        connection = await self.acquire()
        clean = False
        try:
            done = await work(connection)
            clean = leaves_nothing(sql)
            return done
        finally:
            await self.release(connection, clean=clean)

    def transaction(self, opening: str = "") -> AsyncpgTransactionScope:
        """Make a transaction that runs `opening` in the same trip that begins it."""
        return AsyncpgTransactionScope(AsyncpgTransaction(self, opening), self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return self.transaction()


client_class = AsyncpgPool
