"""A copy of the demonstration course for each test, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db.connection import connected
from events import EventStream
from server.event_stream import GradeEventLog
from tests.conftest import postgres_database, run_apart
from tests.demonstration import load
from tests.operations.asking import Demonstration


@pytest.fixture(scope="session")
def sqlite_demonstration(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the course, that others are copied from."""
    path = tmp_path_factory.mktemp("demonstration") / "demonstration.sqlite3"
    shutil.copyfile(sqlite_template, path)
    run_apart(load(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_demonstration(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The name of a database with the course, that others are copied from."""
    for url in postgres_database(postgres_server, postgres_template):
        run_apart(load(url))
        yield url.rpartition("/")[2]


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of the test's own with the course."""
    if engine == "sqlite":
        path = tmp_path / "grades.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_demonstration"), path)
        yield f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        yield from postgres_database(server, request.getfixturevalue("postgres_demonstration"))


@pytest.fixture
async def demonstration(
    database_url: str, engine: str, statements: list[str]
) -> AsyncIterator[Demonstration]:
    """The course, connected."""
    async with connected(database_url):
        yield Demonstration(engine, statements)


@pytest.fixture
async def live(demonstration: Demonstration) -> AsyncIterator[Demonstration]:
    """The course with a stream of its events, as a server has it."""
    async with EventStream(GradeEventLog()) as events:
        yield replace(demonstration, events=events)
