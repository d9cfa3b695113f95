"""Transactions on PostgreSQL that survive cancellation, whatever happens in between."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.backends.base.client import (
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

from db.asyncpg_errors import translated_errors
from db.asyncpg_statements import AsyncpgStatements
from db.clean_connections import leaves_nothing
from db.errors import DBConnectionError, OperationalError, TransactionManagementError
from db.observation import observing
from db.savepoint import SavepointContext
from db.shielding import finish

if TYPE_CHECKING:
    from db.asyncpg_backend import AsyncpgPool

T = TypeVar("T")

BEGIN_ATTEMPTS = 4


class AsyncpgTransaction(AsyncpgStatements, TransactionWrapper):
    """A connection within one transaction; of no use to anybody once that has ended."""

    _parent: "AsyncpgPool | AsyncpgTransaction"

    def __init__(self, parent: "AsyncpgPool | AsyncpgTransaction", opening: str = "") -> None:
        super().__init__(parent)
        self._opening = opening
        self._savepoint: str | None = None
        self.leaves_nothing = True
        if isinstance(parent, AsyncpgTransaction):
            self._lock = parent._lock  # noqa: SLF001

    @property
    def ended(self) -> bool:
        """Whether this transaction, or the one around it, was committed or rolled back."""
        outer = self._parent
        return self._finalized or (isinstance(outer, AsyncpgTransaction) and outer.ended)

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[Any]:  # type: ignore[override]
        """Hold the transaction's connection, for anything.

        :raises TransactionManagementError: in a task that outlived the transaction.
        """
        self._leave_something()
        async with self._lock:
            self._require_open()
            yield self._connection

    async def _on_connection(self, sql: str, work: Callable[[Any], Awaitable[T]]) -> T:
        if not leaves_nothing(sql):
            self._leave_something()
        async with self._lock:
            self._require_open()
            return await work(self._connection)

    def _require_open(self) -> None:
        if self.ended:
            raise TransactionManagementError("the transaction of this task has ended")

    def _leave_something(self) -> None:
        self.leaves_nothing = False
        if isinstance(self._parent, AsyncpgTransaction):
            self._parent._leave_something()  # noqa: SLF001

    async def _command(self, sql: str) -> str:
        """Run what needs no answer and may be several statements: it goes in one trip."""
        with translated_errors():
            async with self._lock:
                self._require_open()
                status: str = await self._connection.execute(sql)
                return status

    async def begin(self) -> None:
        """Begin, with what is to be done first of all."""
        if not self._opening:
            await self._command("begin")
            return
        self.log.debug("%s: %s", self._opening, ())
        with observing(self._opening):
            await self._command(f"begin; {self._opening}")

    async def commit(self) -> None:
        """Store everything; on DBConnectionError nobody knows whether it was.

        :raises TransactionManagementError: if an error was passed over after which PostgreSQL
            stores nothing.
        """
        with observing("commit"):
            status = await self._command("commit")
        self._finalized = True
        if status != "COMMIT":
            raise TransactionManagementError("the transaction was aborted by an earlier error")

    async def rollback(self) -> None:
        """Forget everything."""
        await self._command("rollback")
        self._finalized = True

    async def savepoint(self) -> None:
        """Remember this place."""
        self._savepoint = f"s{self._depth}"
        await self._command(f"savepoint {self._savepoint}")

    async def release_savepoint(self) -> None:
        """Keep what was done since."""
        await self._command(f"release savepoint {self._savepoint}")
        self._finalized = True

    async def savepoint_rollback(self) -> None:
        """Forget what was done since."""
        await self._command(
            f"rollback to savepoint {self._savepoint}; release savepoint {self._savepoint}"
        )
        self._finalized = True

    @property
    def _depth(self) -> int:
        outer = self._parent
        return outer._depth + 1 if isinstance(outer, AsyncpgTransaction) else 0  # noqa: SLF001

    def _in_transaction(self) -> TransactionContext:
        return SavepointContext(AsyncpgTransaction(self))


class AsyncpgTransactionScope(TransactionContextPooled):
    """Holds a connection from BEGIN to COMMIT or ROLLBACK, whatever happens in between."""

    client: AsyncpgTransaction

    @property
    def _pool(self) -> "AsyncpgPool":
        return cast("AsyncpgPool", self.client._parent)  # noqa: SLF001

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
            clean = exc_type is None and self.client.ended and self.client.leaves_nothing
            self.client._finalized = True  # noqa: SLF001
            await self._pool.release(self.client._connection, clean=clean)  # noqa: SLF001
