"""The demonstration course in a database, as `make run` loads it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.connection import connected
from resolvers.context import Context
from tests.conftest import run_apart
from tests.demonstration import load, staff


@pytest.fixture(scope="session")
def demonstration_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the demonstration course, that others are copied from."""
    path = tmp_path_factory.mktemp("demonstration") / "demonstration.sqlite3"
    shutil.copyfile(sqlite_template, path)
    run_apart(load(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def demonstration(demonstration_file: Path, tmp_path: Path) -> AsyncIterator[Context]:
    """A connected database with the demonstration course, and staff's context."""
    path = tmp_path / "demonstration.sqlite3"
    shutil.copyfile(demonstration_file, path)
    async with connected(f"sqlite:///{path}"):
        yield staff()
