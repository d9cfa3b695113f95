"""How far the pool of database connections is used."""

from typing import NamedTuple, cast

from db.asyncpg_backend import AsyncpgPool
from db.connection import client, dialect


class PoolUse(NamedTuple):
    """Connections of this process to PostgreSQL."""

    used: int
    idle: int
    limit: int


def pool_use() -> PoolUse | None:
    """Return how many connections are open; None on SQLite, which has no pool."""
    if dialect() != "postgres":
        return None
    database = cast(AsyncpgPool, client())
    pool = database._pool  # noqa: SLF001
    if pool is None or database.connections is None:
        return None
    idle = pool.get_idle_size() + database.connections.waiting
    return PoolUse(pool.get_size() - idle, idle, pool.get_max_size())
