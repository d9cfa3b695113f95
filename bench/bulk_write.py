"""Rows written as fast as the raw drivers can: COPY on PostgreSQL, executemany on SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from bench.rounds import Clock
from db.together import Write
from db.upsert import Upsert


async def write_in_bulk(url: str, writes: Sequence[Write[Upsert]]) -> Clock:
    """Write all rows in one transaction; only that is on the clock, connecting is not."""
    if url.startswith("sqlite:///"):
        return _into_sqlite(url.removeprefix("sqlite:///"), writes)
    return await _into_postgres(url, writes)


async def _into_postgres(url: str, writes: Sequence[Write[Upsert]]) -> Clock:
    connection: Any = await asyncpg.connect(url)
    try:
        with Clock() as clock:
            async with connection.transaction():
                for write in writes:
                    await connection.copy_records_to_table(
                        write.upsert.table, records=write.rows, columns=list(write.upsert.columns)
                    )
    finally:
        await connection.close()
    return clock


def _into_sqlite(path: str, writes: Sequence[Write[Upsert]]) -> Clock:
    # The library would take twice the time to write moments, so they are written before.
    prepared = [
        (write.upsert.statement().replace("$", "?"), [_in_sqlite(row) for row in write.rows])
        for write in writes
    ]
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"pragma {pragma}")
        with Clock() as clock:
            connection.execute("begin immediate")
            for statement, rows in prepared:
                connection.executemany(statement, rows)
            connection.execute("commit")
    finally:
        connection.close()
    return clock


def _in_sqlite(row: Sequence[object]) -> list[object]:
    return [one.isoformat(" ") if isinstance(one, datetime) else one for one in row]
