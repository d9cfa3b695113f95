"""The floor's databases: raw drivers, connections that nobody resets, nothing between."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, Protocol

import asyncpg  # type: ignore[import-untyped]
import orjson

from bench.floor_statements import statements

CONNECTIONS: Final = 16  # as many as the load has: nobody ever waits for one

Fetch = Callable[..., Awaitable[Sequence[Any]]]


class Database(Protocol):
    """What the floor's requests need of an engine."""

    sql: dict[str, str]

    async def fetch(self, sql: str, *args: object) -> Sequence[Any]:
        """Return the rows of a statement."""

    def transaction(self, lock: int) -> Any:  # noqa: ANN401
        """Give a way to fetch inside a transaction that has a lock."""

    def ids(self, numbers: list[int]) -> object:
        """Return the argument that stands for these ids."""

    def moment(self, value: datetime) -> object:
        """Return the argument that stands for a moment."""


class Postgres:
    """PostgreSQL by asyncpg."""

    def __init__(self, connections: list[Any]) -> None:
        self.sql = statements("postgres")
        self._free = connections

    @classmethod
    async def open(cls, url: str) -> "Postgres":
        """Connect."""
        settings = {"timezone": "UTC", "jit": "off"}
        return cls(
            [await asyncpg.connect(url, server_settings=settings) for _ in range(CONNECTIONS)]
        )

    async def fetch(self, sql: str, *args: object) -> Sequence[Any]:
        """Return the rows of a statement."""
        connection = self._free.pop()
        try:
            return await connection.fetch(sql, *args)  # type: ignore[no-any-return]
        finally:
            self._free.append(connection)

    @asynccontextmanager
    async def transaction(self, lock: int) -> AsyncIterator[Fetch]:
        """Give a way to fetch inside a transaction that has a lock."""
        connection = self._free.pop()
        try:
            await connection.execute("begin")
            try:
                await connection.fetch(self.sql["lock"], lock)
                yield connection.fetch
            except BaseException:
                await connection.execute("rollback")
                raise
            await connection.execute("commit")
        finally:
            self._free.append(connection)

    def ids(self, numbers: list[int]) -> object:
        """Return the argument that stands for these ids."""
        return numbers

    def moment(self, value: datetime) -> object:
        """Return the argument that stands for a moment."""
        return value


class Sqlite:
    """SQLite by the standard library, in the event loop: a thread would only cost."""

    def __init__(self, path: str) -> None:
        self.sql = statements("sqlite")
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._connection.execute("pragma busy_timeout = 10000")

    async def fetch(self, sql: str, *args: object) -> Sequence[Any]:
        """Return the rows of a statement."""
        return self._connection.execute(sql, args).fetchall()

    @asynccontextmanager
    async def transaction(self, lock: int) -> AsyncIterator[Fetch]:  # noqa: ARG002
        """Give a way to fetch inside a transaction; nobody else writes meanwhile."""
        self._connection.execute("begin immediate")
        try:
            yield self.fetch
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def ids(self, numbers: list[int]) -> object:
        """Return the argument that stands for these ids."""
        return orjson.dumps(numbers).decode()

    def moment(self, value: datetime) -> object:
        """Return the argument that stands for a moment."""
        return value.isoformat(" ")


async def open_database(url: str) -> Postgres | Sqlite:
    """Connect to what a URL names."""
    if url.startswith("sqlite:///"):
        return Sqlite(url.removeprefix("sqlite:///"))
    return await Postgres.open(url)
