"""Databases for tests: each test that asks for one runs on SQLite and on PostgreSQL.

`pytest -m "not postgres"` leaves PostgreSQL out, `pytest -m postgres` runs nothing else. With
`STOCK_EXECUTION=1` everything is executed by Strawberry's own executor, and nothing is compiled.
"""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
import pytest

from db.connection import connected
from db.migrate import migrate
from schema import schema
from tests.live_server import live_server
from tests.postgres import cluster, server_programs

__all__ = ["live_server"]

T = TypeVar("T")

_numbers = count(1)

if os.environ.get("STOCK_EXECUTION"):
    schema.compile_selections(on=False)


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own, whatever loop the test runs in."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _administer(server: str, sql: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A private PostgreSQL server: the beginning of its databases' URLs."""
    programs = server_programs()
    if programs is None:
        reason = "PostgreSQL's server programs are not installed (Debian: postgresql)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with cluster(programs) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that others are copied from."""
    run_apart(_administer(postgres_server, "create database migrated"))
    run_apart(migrate(f"{postgres_server}/migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file that others are copied from."""
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    run_apart(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that the test runs on; it runs once on each."""
    return str(request.param)


@pytest.fixture
def blank_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of the test's own that was never migrated."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.sqlite3'}"
    else:
        yield from postgres_database(request.getfixturevalue("postgres_server"), "template1")


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database of the test's own."""
    if engine == "sqlite":
        path = tmp_path / "grades.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        yield from postgres_database(server, request.getfixturevalue("postgres_template"))


def postgres_database(server: str, template: str) -> Iterator[str]:
    """Make a copy of a database, and drop it in the end: its URL."""
    name = f"test_{next(_numbers)}"
    run_apart(_administer(server, f"create database {name} template {template}"))
    yield f"{server}/{name}"
    run_apart(_administer(server, f"drop database {name} with (force)"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """A migrated, empty database that the test is connected to: its URL."""
    async with connected(database_url):
        yield database_url


class _Statements(logging.Handler):
    def __init__(self, statements: list[str]) -> None:
        super().__init__()
        self.statements = statements

    def emit(self, record: logging.LogRecord) -> None:
        # Without arguments the message is the statement itself, whatever is in it.
        match record.args:
            case (statement, *_):
                self.statements.append(str(statement))
            case _:
                self.statements.append(str(record.msg))


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The SQL that is run, in order; `clear()` it before what is to be counted."""
    found: list[str] = []
    logger = logging.getLogger("tortoise.db_client")
    handler, level = _Statements(found), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield found
    logger.setLevel(level)
    logger.removeHandler(handler)
