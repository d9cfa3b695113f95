"""Statements on PostgreSQL, in a transaction or outside of one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from tortoise.backends.asyncpg.client import AsyncpgDBClient

from db.asyncpg_errors import translated_errors
from db.asyncpg_together import WithRows, all_queries, combined
from db.shielding import finish

T = TypeVar("T")


def _touched(status: str) -> int:
    """Read the number of rows from a command's status, such as `INSERT 0 3`."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdecimal() else 0


class AsyncpgStatements(AsyncpgDBClient):
    """What a pool and a transaction have in common."""

    async def _translate_exceptions(
        self,
        func: Callable[..., Awaitable[Any]],
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        with translated_errors():
            return await func(self, *args, **kwargs)

    async def _on_connection(self, sql: str, work: Callable[[Any], Awaitable[T]]) -> T:
        """Do something with a connection that leaves no more on it than `sql` does."""
        raise NotImplementedError

    async def fetch_rows(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, indexable by position."""
        self.log.debug("%s: %s", sql, args)
        with translated_errors():
            return await self._on_connection(sql, lambda connection: connection.fetch(sql, *args))

    async def fetch_together(
        self, queries: Sequence[str], args: Sequence[object]
    ) -> list[list[tuple[Any, ...]]]:
        """Return the rows of several queries, all as of one moment."""
        (found,) = await self.fetch_rows(all_queries(tuple(queries)), args)
        return list(found)

    async def run_together(self, statements: Sequence[WithRows]) -> None:
        """Run each statement, which takes arrays, with all of its rows: all or none."""
        await self.run(*combined(statements))

    async def run(self, sql: str, args: Sequence[object]) -> int:
        """Run a statement; return the number of rows it touched."""
        self.log.debug("%s: %s", sql, args)
        with translated_errors():
            return _touched(
                await self._on_connection(sql, lambda connection: connection.execute(sql, *args))
            )

    async def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for every row: all of them or none."""
        self.log.debug("%s: %s rows", sql, len(rows))
        with translated_errors():
            # Cancelled in the middle of it, asyncpg's connection would hang for ever.
            await self._on_connection(
                sql, lambda connection: finish(connection.executemany(sql, rows))
            )

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """Run Tortoise's statement for every row: all of them or none."""
        await self.run_many(query, values)
