"""Bringing a database's schema up to date: all missing migrations, or none of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tortoise.context import TortoiseContext

from db.connection import (
    MIGRATIONS,
    check_reachable,
    current_connection,
    database_config,
    dialect,
)
from db.errors import BrokenReferences
from db.migration_executor import Executor
from db.sql import fetch
from db.transaction import transaction

LOCK = -2_606_137_001  # one migrator at a time; negative, unlike every stripe of a course


async def migrate(url: str, *, migrations: str = MIGRATIONS) -> list[str]:
    """Apply the migrations a database lacks and return their names, oldest first.

    Any number of processes may do so at once: one works, the others wait and find nothing left.

    :raises DatabaseSetupError: if the database cannot be reached, or would end up broken.
    """
    async with _schema_session(url, migrations) as apps, transaction():
        if dialect() == "postgres":
            await fetch("select pg_advisory_xact_lock($1)", LOCK)
        executor = Executor(current_connection(), apps)
        # First: asking for the applied ones in vain would spoil PostgreSQL's transaction.
        await executor.ensure_record()
        names = [step.migration.name for step in await executor.plan()]
        await executor.migrate(direction="forward")
        await _check_references()
    return names


async def pending(url: str, *, migrations: str = MIGRATIONS) -> list[str]:
    """Return the names of the migrations a database lacks, oldest first; change nothing.

    :raises DatabaseSetupError: if the database cannot be reached.
    """
    async with _schema_session(url, migrations) as apps:
        executor = Executor(current_connection(), apps)
        return [step.migration.name for step in await executor.plan()]


@asynccontextmanager
async def _schema_session(url: str, migrations: str) -> AsyncIterator[dict[str, dict[str, Any]]]:
    # Foreign keys are off: Tortoise remakes SQLite's tables by dropping them, and a cascade
    # would take the children's rows along. Statements may take as long as they need.
    config = database_config(
        url, migrations=migrations, pool_size=1, statement_timeout=0, foreign_keys=False
    )
    async with TortoiseContext() as context:
        # Without apps: migrations carry their own models, and ours stay bound to whatever
        # database this process is connected to.
        context.connections._init_config(config["connections"])  # noqa: SLF001
        await check_reachable(url)
        yield config["apps"]


async def _check_references() -> None:
    if dialect() == "postgres":
        return  # checked all along
    broken = await fetch("pragma foreign_key_check")
    if broken:
        table, row, parent, _ = broken[0]
        raise BrokenReferences(
            f"{len(broken)} rows would point to nothing, the first is row {row} of {table}, "
            f"which points to {parent}; nothing was migrated"
        )
