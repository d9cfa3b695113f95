"""A PostgreSQL server that stops without shutting down."""

import os
import shlex
import subprocess
import time
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


def crash_and_restart(data: str, away: float = 0.0, mode: str = "immediate") -> None:
    """Stop all its processes in the middle of their work, and start it again so much later.

    ``away`` is in seconds. The mode ``fast`` shuts down in good order, and asks nobody either.
    """
    # As it was started: the program's name, its folder, and then its settings.
    _, *started = shlex.split((Path(data) / "postmaster.opts").read_text())
    options = shlex.join(started[started.index("-c") :])
    _pg_ctl(data, "-m", mode, "stop")
    time.sleep(away)
    _pg_ctl(data, "-l", str(Path(data).parent / "log"), "-o", options, "start")


def _pg_ctl(data: str, *arguments: str) -> None:
    programs = server_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL's server programs are not installed")
    folder = Path(data)
    subprocess.run(
        [programs / "pg_ctl", "-D", data, "-w", *arguments],
        check=True,
        cwd=folder.parent,
        user=folder.stat().st_uid if os.geteuid() == 0 else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
