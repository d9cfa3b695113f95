"""Transactions on SQLite that survive cancellation, whatever happens in between."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, cast

import aiosqlite
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections

from db.errors import TransactionManagementError
from db.observation import observing
from db.savepoint import SavepointContext
from db.shielding import finish
from db.sqlite_dialect import numbered
from db.sqlite_statements import SqliteStatements
from db.sqlite_thread import (
    Work,
    begin,
    commit,
    in_thread,
    run_each,
    run_many,
    run_script,
    translated_errors,
)

if TYPE_CHECKING:
    from db.sqlite_backend import SqliteConnections


class SqliteTransaction(SqliteTransactionWrapper, SqliteStatements):
    """The writer within one transaction; of no use to anybody once that has ended."""

    _parent: "SqliteConnections | SqliteTransaction"

    def __init__(self, parent: "SqliteConnections | SqliteTransaction") -> None:
        super().__init__(parent)
        if isinstance(parent, SqliteTransaction):
            self._lock = parent._lock  # noqa: SLF001

    @property
    def ended(self) -> bool:
        """Whether this transaction, or the one around it, was committed or rolled back."""
        outer = self._parent
        return self._finalized or (isinstance(outer, SqliteTransaction) and outer.ended)

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[aiosqlite.Connection]:  # type: ignore[override]
        """Hold the transaction's connection.

        :raises TransactionManagementError: in a task that outlived the transaction.
        """
        async with self._lock:
            if self.ended:
                raise TransactionManagementError("the transaction of this task has ended")
            yield self._connection

    async def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement with `$n` placeholders for every row."""
        self.log.debug("%s: %s rows", sql, len(rows))
        await self.with_writer(partial(run_many, numbered(sql), rows))

    async def run_together(
        self, statements: Sequence[tuple[str, Sequence[Sequence[object]]]]
    ) -> None:
        """Run each statement with `$n` placeholders for each of its rows: all or none."""
        self.log.debug("%s: %s", "; ".join(sql for sql, _ in statements), ())
        each = [(numbered(sql), rows) for sql, rows in statements]
        await self.with_writer(partial(run_each, each))

    async def execute_script(self, query: str) -> None:
        """Run several statements without leaving the transaction."""
        self.log.debug(query)
        await self.with_writer(partial(run_script, query))

    async def begin(self) -> None:
        """Take the write lock of the database file."""
        self._connection = await cast("SqliteConnections", self._parent).writer()
        try:
            with translated_errors():
                await finish(in_thread(self._connection, begin))
        except BaseException:
            await finish(in_thread(self._connection, sqlite3.Connection.rollback))
            raise

    async def commit(self) -> None:
        """Store everything, or nothing if that fails."""
        await self._end("commit", commit)

    async def rollback(self) -> None:
        """Forget everything."""
        await self._end("rollback", sqlite3.Connection.rollback)

    async def _end(self, name: str, work: Work[None]) -> None:
        async with self.acquire_connection() as writer:
            self._finalized = True
            with observing(name), translated_errors():
                await in_thread(writer, work)

    def _in_transaction(self) -> TransactionContext:
        return SavepointContext(SqliteTransaction(self))


class SqliteTransactionScope(SqliteTransactionContext):
    """Holds the writer from BEGIN to COMMIT or ROLLBACK, whatever happens in between."""

    connection: SqliteTransaction

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

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
            if self.connection.ended:
                return
            if exc_type is None:
                await finish(self.connection.commit())
            else:
                await finish(self.connection.rollback())
        finally:
            self._trxlock.release()
