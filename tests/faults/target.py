"""What is disturbed: one server with its workers, and the database below it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]
import httpx

from db.migrate import migrate
from tests.delivery.postgres_crash import lasting_database
from tests.delivery.processes import Server, server
from tests.faults.claims import Claims

POOL: Final = 4  # connections of each worker: few, so that they are wanted
WORKERS: Final = 2


@dataclass(frozen=True)
class Plan:
    """How long, in seconds, and on what. ``postgres`` is the beginning of a cluster's URLs."""

    seconds: float
    folder: Path
    postgres: str | None = None
    seed: int = 1


@dataclass(frozen=True)
class Target:
    """A server on a database; ``data`` is the folder of PostgreSQL's files, None on SQLite."""

    url: str
    data: str | None
    server: Server
    claims: Claims
    http: httpx.AsyncClient

    @property
    def address(self) -> str:
        """Where the server is."""
        return self.server.address

    @asynccontextmanager
    async def administrator(self) -> AsyncIterator[Any]:
        """A connection of our own to PostgreSQL."""
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await asyncio.wait_for(connection.close(), 5)


async def target_of(plan: Plan, http: httpx.AsyncClient) -> Target:
    """Make the database, and describe the server on it."""
    if plan.postgres is None:
        url, data = f"sqlite:///{plan.folder / 'grades.sqlite3'}", None
        chosen = server(url, plan.folder)
    else:
        url, data = await lasting_database(plan.postgres)
        chosen = server(url, plan.folder, workers=WORKERS, database_pool_size=POOL)
    await migrate(url)
    return Target(url, data, chosen, Claims(), http)
