"""Tortoise's SQLite, with one writer, readers, and transactions that survive cancellation.

Tortoise looks for the word "sqlite" in this module's name to choose how it alters tables.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import TransactionContext

from db.shielding import finish
from db.sqlite_dialect import numbered, only_reads, stored_time
from db.sqlite_direct import DirectReader
from db.sqlite_statements import SqliteStatements
from db.sqlite_thread import (
    Work,
    fetch,
    fetch_each,
    fetch_mappings,
    in_thread,
    log_ahead,
    translated_errors,
)
from db.sqlite_transaction import SqliteTransaction, SqliteTransactionScope

T = TypeVar("T")

READERS = 2  # in threads of their own; more of them only cost on a small machine
BUSY_TIMEOUT_MS = 15_000

# After Tortoise's executor (imported above) has registered its own: ours is always in UTC.
sqlite3.register_adapter(datetime, stored_time)


class SqliteConnections(SqliteStatements):
    """The database file, opened by one writer and by readers that never wait for it."""

    def __init__(self, file_path: str, *, foreign_keys: bool = True, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(file_path, **kwargs)
        self._foreign_keys = "ON" if foreign_keys else "OFF"
        self._reader_count = 0 if file_path == ":memory:" else READERS
        self._readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._direct: DirectReader | None = None
        self._opening = asyncio.Lock()
        self._opened = AsyncExitStack()

    async def create_connection(self, with_db: bool) -> None:  # noqa: ARG002, FBT001
        """Open the file unless it is open."""
        async with self._opening:
            if self._connection is None:
                with translated_errors():
                    await finish(self._open())

    async def _open(self) -> None:
        async with AsyncExitStack() as opened:
            writer = await self._open_one(
                opened,
                "journal_size_limit=67108864",
                "synchronous=FULL",
                f"foreign_keys={self._foreign_keys}",
            )
            await in_thread(writer, partial(log_ahead, BUSY_TIMEOUT_MS / 1000))
            for _ in range(self._reader_count):
                self._readers.put_nowait(await self._open_one(opened, "query_only=ON"))
            if self._reader_count:
                # Last, so that it is closed first: only who can write takes the log along.
                self._direct = DirectReader(self.filename)
                opened.callback(self._direct.close)
            self._opened = opened.pop_all()
            self._connection = writer
            await self._post_connect()

    async def _open_one(self, opened: AsyncExitStack, *pragmas: str) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(self.filename, isolation_level=None)
        opened.push_async_callback(connection.close)
        connection.row_factory = sqlite3.Row
        for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", *pragmas):
            await in_thread(connection, partial(fetch, f"PRAGMA {pragma}", ()))
        return connection

    async def close(self) -> None:
        """Close the writer and all readers; SQLite's threads would keep the process alive."""
        async with self._opening:
            self._connection = None
            self._readers = asyncio.LifoQueue()
            self._direct = None
            await finish(self._opened.aclose())

    async def writer(self) -> aiosqlite.Connection:
        """Return the one connection that writes. Whoever uses it holds the lock."""
        if self._connection is None:
            await self.create_connection(with_db=True)
        assert self._connection is not None  # noqa: S101
        return self._connection

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[aiosqlite.Connection]:  # type: ignore[override]
        """Hold the writer."""
        async with self._lock:
            yield await self.writer()

    async def _read(self, sql: str, work: Work[T]) -> T:
        """Run `work` here if it is short, else on a reader until the caller is cancelled."""
        if self._direct is not None and self._direct.may_read(sql):
            with suppress(sqlite3.Error):
                return await self._direct.read(sql, work)
        if self._connection is None:
            await self.create_connection(with_db=True)
        readers = self._readers
        reader = await readers.get()
        try:
            reading = asyncio.ensure_future(in_thread(reader, work))
            try:
                with translated_errors():
                    return await asyncio.shield(reading)
            except asyncio.CancelledError:
                await reader.interrupt()
                with suppress(sqlite3.Error):
                    await finish(reading)
                raise
        finally:
            readers.put_nowait(reader)

    def _goes_to_a_reader(self, sql: str) -> bool:
        return self._reader_count > 0 and only_reads(sql)

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, Sequence[dict[str, Any]]]:
        """Run Tortoise's statement; a read does not wait for writers."""
        if not self._goes_to_a_reader(query):
            result: tuple[int, Sequence[dict[str, Any]]] = await super().execute_query(
                query, values
            )
            return result
        self.log.debug("%s: %s", query, values)
        rows: Any = await self._read(query, partial(fetch_mappings, query, values or ()))
        return len(rows), rows

    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run Tortoise's statement; a read does not wait for writers."""
        if not self._goes_to_a_reader(query):
            result: list[dict[str, Any]] = await super().execute_query_dict(query, values)
            return result
        return [dict(row) for row in (await self.execute_query(query, values))[1]]

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """Run one statement for many rows: all of them or none."""
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)

    async def fetch_rows(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement with `$n` placeholders as plain tuples."""
        if not self._goes_to_a_reader(sql):
            return await super().fetch_rows(sql, args)
        self.log.debug("%s: %s", sql, args)
        return await self._read(sql, partial(fetch, numbered(sql), args))

    async def fetch_together(
        self, queries: Sequence[str], args: Sequence[object]
    ) -> list[list[tuple[Any, ...]]]:
        """Return the rows of several queries, all as of one moment."""
        if not all(map(self._goes_to_a_reader, queries)):
            return await super().fetch_together(queries, args)
        sql = "; ".join(queries)
        self.log.debug("%s: %s", sql, args)
        return await self._read(sql, partial(fetch_each, list(map(numbered, queries)), args))

    async def run_together(
        self, statements: Sequence[tuple[str, Sequence[Sequence[object]]]]
    ) -> None:
        """Run each statement with `$n` placeholders for each of its rows: all or none."""
        transaction = SqliteTransaction(self)
        async with SqliteTransactionScope(transaction, self._lock):
            await transaction.run_together(statements)

    async def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement with `$n` placeholders for every row: all of them or none."""
        transaction = SqliteTransaction(self)
        async with SqliteTransactionScope(transaction, self._lock):
            await transaction.run_many(sql, rows)

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionScope(SqliteTransaction(self), self._lock)


client_class = SqliteConnections
