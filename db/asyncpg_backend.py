"""Tortoise's PostgreSQL, with bounded waits, translated errors and safe transactions.

Tortoise looks for the word "asyncpg" in this module's name to choose how it alters tables.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

from db.errors import (
    DBConnectionError,
    IntegrityError,
    OperationalError,
    RetryableError,
    StatementTimeout,
    TransactionManagementError,
)
from db.observation import observing
from db.savepoint import SavepointContext
from db.shielding import finish

RELEASE_TIMEOUT = 5.0  # seconds; after that the connection is thrown away
BEGIN_ATTEMPTS = 4

LOST_RACE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    # A migration changed a table under a prepared statement.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
NO_CONNECTION = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
)
# The first that fits counts: some of asyncpg's classes are special cases of later ones.
TRANSLATIONS: tuple[tuple[tuple[type[Exception], ...], type[Exception]], ...] = (
    ((asyncpg.IntegrityConstraintViolationError,), IntegrityError),
    ((asyncpg.QueryCanceledError,), StatementTimeout),
    (LOST_RACE, RetryableError),
    (NO_CONNECTION, DBConnectionError),
    ((asyncpg.InvalidTransactionStateError,), TransactionManagementError),
)


def _translation(error: Exception) -> Exception:
    for classes, ours in TRANSLATIONS:
        if isinstance(error, classes):
            return ours(error)
    if isinstance(error, asyncpg.InterfaceError) and re.search("clos(ed|ing)|released", str(error)):
        return DBConnectionError(error)
    return OperationalError(error)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        OSError,
    ) as error:
        raise _translation(error) from error


def _touched(status: str) -> int:
    """Read the number of rows from a command's status, such as `INSERT 0 3`."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdecimal() else 0


class _Statements(AsyncpgDBClient):
    """What a pool and a transaction have in common."""

    async def _translate_exceptions(
        self,
        func: Callable[..., Awaitable[Any]],
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        with _translated_errors():
            return await func(self, *args, **kwargs)

    async def fetch_rows(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, indexable by position."""
        self.log.debug("%s: %s", sql, args)
        with _translated_errors():
            async with self.acquire_connection() as connection:
                rows: list[tuple[Any, ...]] = await connection.fetch(sql, *args)
                return rows

    async def run(self, sql: str, args: Sequence[object]) -> int:
        """Run a statement; return the number of rows it touched."""
        self.log.debug("%s: %s", sql, args)
        with _translated_errors():
            async with self.acquire_connection() as connection:
                return _touched(await connection.execute(sql, *args))

    async def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for every row: all of them or none."""
        self.log.debug("%s: %s rows", sql, len(rows))
        with _translated_errors():
            async with self.acquire_connection() as connection:
                # Cancelled in the middle of it, asyncpg's connection would hang for ever.
                await finish(connection.executemany(sql, rows))

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """Run Tortoise's statement for every row: all of them or none."""
        await self.run_many(query, values)


class AsyncpgPool(_Statements):
    """A pool whose connections are waited for no longer than `acquire_timeout` seconds."""

    def __init__(self, *, acquire_timeout: float, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.acquire_timeout = acquire_timeout

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

    async def acquire(self) -> Any:  # noqa: ANN401
        """Take a living connection out of the pool, riding over a restart of the server.

        :raises DBConnectionError: if there is none in time.
        """
        if self._pool is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.acquire_timeout
        pause = 0.05
        while True:
            assert self._pool is not None  # noqa: S101
            try:
                return await self._pool.acquire(timeout=max(0.01, deadline - loop.time()))
            except TimeoutError as error:
                raise DBConnectionError(
                    f"no database connection became free within {self.acquire_timeout:g} s"
                ) from error
            except NO_CONNECTION as error:
                if loop.time() + pause > deadline:
                    raise DBConnectionError(error) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def release(self, connection: Any) -> None:  # noqa: ANN401
        """Give a connection back, even when the caller is cancelled."""
        if self._pool is not None:
            # What was done on a connection that died is decided; the pool replaces it by itself.
            with suppress(*NO_CONNECTION):
                await finish(self._pool.release(connection, timeout=RELEASE_TIMEOUT))

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[Any]:  # type: ignore[override]
        """Hold a connection of the pool."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            await self.release(connection)

    def _in_transaction(self) -> TransactionContext:
        return AsyncpgTransactionScope(AsyncpgTransaction(self), self._pool_init_lock)


class AsyncpgTransaction(_Statements, TransactionWrapper):
    """A connection within one transaction; of no use to anybody once that has ended."""

    _parent: "AsyncpgPool | AsyncpgTransaction"

    def __init__(self, parent: "AsyncpgPool | AsyncpgTransaction") -> None:
        super().__init__(parent)
        if isinstance(parent, AsyncpgTransaction):
            self._lock = parent._lock  # noqa: SLF001

    @property
    def ended(self) -> bool:
        """Whether this transaction, or the one around it, was committed or rolled back."""
        outer = self._parent
        return self._finalized or (isinstance(outer, AsyncpgTransaction) and outer.ended)

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[Any]:  # type: ignore[override]
        """Hold the transaction's connection.

        :raises TransactionManagementError: in a task that outlived the transaction.
        """
        async with self._lock:
            if self.ended:
                raise TransactionManagementError("the transaction of this task has ended")
            yield self._connection

    async def commit(self) -> None:
        """Store everything; on DBConnectionError nobody knows whether it was."""
        async with self.acquire_connection():
            with observing("commit"), _translated_errors():
                await super().commit()

    async def rollback(self) -> None:
        """Forget everything."""
        async with self.acquire_connection():
            with _translated_errors():
                await super().rollback()

    def _in_transaction(self) -> TransactionContext:
        return SavepointContext(AsyncpgTransaction(self))


class AsyncpgTransactionScope(TransactionContextPooled):
    """Holds a connection from BEGIN to COMMIT or ROLLBACK, whatever happens in between."""

    client: AsyncpgTransaction

    @property
    def _pool(self) -> AsyncpgPool:
        assert isinstance(self.client._parent, AsyncpgPool)  # noqa: S101, SLF001
        return self.client._parent  # noqa: SLF001

    async def __aenter__(self) -> TransactionalDBClient:
        for attempt in range(1, BEGIN_ATTEMPTS + 1):
            connection = await self._pool.acquire()
            self.client._connection = connection  # noqa: SLF001
            try:
                await finish(self.client.begin())
                break
            except DBConnectionError:
                # A pooled connection that had died unnoticed: nothing was done on it yet.
                await self._pool.release(connection)
                if attempt == BEGIN_ATTEMPTS:
                    raise
            except BaseException:
                await self._undo_begin(connection)
                raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def _undo_begin(self, connection: Any) -> None:  # noqa: ANN401
        # Who was cancelled may have begun, and asyncpg logs an open transaction as an error.
        try:
            with suppress(DBConnectionError, OperationalError):
                await finish(self.client.rollback())
        finally:
            await self._pool.release(connection)

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        # A generator may be closed by another task than the one that entered here.
        with suppress(ValueError):
            get_connections().reset(self.token)
        try:
            if self.client.ended:
                return
            if exc_type is None:
                await finish(self.client.commit())
            else:
                # The connection may be what broke; the first error is the one to tell.
                with suppress(DBConnectionError):
                    await finish(self.client.rollback())
        finally:
            self.client._finalized = True  # noqa: SLF001
            await self._pool.release(self.client._connection)  # noqa: SLF001


client_class = AsyncpgPool
