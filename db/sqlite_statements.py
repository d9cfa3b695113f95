"""Statements on SQLite, in a transaction or outside of one."""

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from tortoise.backends.sqlite.client import SqliteClient

from db.sqlite_dialect import numbered
from db.sqlite_thread import Work, fetch, fetch_each, in_thread, run, translated_errors

T = TypeVar("T")


class SqliteStatements(SqliteClient):
    """What the opened file and a transaction have in common."""

    async def with_writer(self, work: Work[T]) -> T:
        """Do something in the writer's thread."""
        async with self.acquire_connection() as writer:
            with translated_errors():
                return await in_thread(writer, work)

    async def fetch_rows(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement with `$n` placeholders as plain tuples."""
        self.log.debug("%s: %s", sql, args)
        return await self.with_writer(partial(fetch, numbered(sql), args))

    async def fetch_together(
        self, queries: Sequence[str], args: Sequence[object]
    ) -> list[list[tuple[Any, ...]]]:
        """Return the rows of several queries, all as of one moment."""
        self.log.debug("%s: %s", "; ".join(queries), args)
        return await self.with_writer(partial(fetch_each, list(map(numbered, queries)), args))

    async def run(self, sql: str, args: Sequence[object]) -> int:
        """Run a statement with `$n` placeholders; return the number of rows it touched."""
        self.log.debug("%s: %s", sql, args)
        return await self.with_writer(partial(run, numbered(sql), args))
