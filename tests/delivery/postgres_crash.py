"""A PostgreSQL server that stops without shutting down."""

import os
import subprocess
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from tests.postgres import server_programs


async def lasting_database(server: str) -> tuple[str, str]:
    """Make commits of the tests' server outlast it; return the database's URL and its folder."""
    url = f"{server}/postgres"
    connection = await asyncpg.connect(url)
    try:
        # Else PostgreSQL forgets commits that it had confirmed.
        await connection.execute("alter database postgres set synchronous_commit = on")
        return url, str(await connection.fetchval("show data_directory"))
    finally:
        await connection.close()


def crash_and_restart(data: str) -> None:
    """Stop all its processes in the middle of their work, and start it again."""
    programs = server_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL's server programs are not installed")
    folder = Path(data)
    subprocess.run(
        [programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "restart"],
        check=True,
        cwd=folder.parent,
        user=folder.stat().st_uid if os.geteuid() == 0 else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
