"""Empty databases to measure on: an SQLite file, and a PostgreSQL cluster of our own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from db.connection import connected
from db.migrate import migrate
from tests.postgres import cluster, server_programs


@asynccontextmanager
async def empty_database(engine: str) -> AsyncIterator[str]:
    """Connect to a migrated, empty database; both engines write to disk as in production."""
    with ExitStack() as stack:
        if engine == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        else:
            programs = server_programs()
            if programs is None:
                raise SystemExit("PostgreSQL's server programs are not installed.")
            server = stack.enter_context(cluster(programs))
            connection = await asyncpg.connect(f"{server}/postgres")
            await connection.execute("create database bench")
            await connection.close()
            url = f"{server}/bench"
        await migrate(url)
        async with connected(url, statement_timeout=0):
            yield url


def run_script(url: str, script: str) -> None:
    """Run statements on PostgreSQL, outside of any event loop."""
    asyncio.run(_on_connection(url, lambda connection: connection.execute(script)))


def setting_of(url: str, name: str) -> str:
    """Return a setting of PostgreSQL, outside of any event loop."""
    asked = "select current_setting($1)"
    return str(asyncio.run(_on_connection(url, lambda one: one.fetchval(asked, name))))


async def _on_connection(url: str, use: Callable[[Any], Awaitable[object]]) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await use(connection)
    finally:
        await connection.close()
