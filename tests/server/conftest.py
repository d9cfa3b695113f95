"""A server on each engine, with settings that come from the test alone."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server.live_server import LiveServer, serving, settings_of, with_course


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave no COURSEGRADE_ variable and no `.env` to read."""
    for name in [name for name in os.environ if name.upper().startswith("COURSEGRADE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[LiveServer]:
    """A development server, and learners 1 to 3 in its course."""
    async with serving(settings_of(database_url)) as live:
        await with_course()
        yield live
