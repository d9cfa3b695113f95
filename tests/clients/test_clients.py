"""Clients from npm subscribe, are cut off, come back, and have seen every event."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.clients.cut_proxy import cut_proxy
from tests.factories import COURSE
from tests.server.live_server import LiveServer, serving, settings_of, with_course

FOLDER = Path(__file__).parent
PATIENCE = 30.0  # seconds
LOGGED = """
query Logged($after: String!) {
  gradeEvents(types: [COURSE_GRADE_CHANGED], after: $after) { nodes { id } }
}
"""

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def node() -> str:
    """Node, which has the packages it needs."""
    found = shutil.which("node")
    if found is not None and (FOLDER / "node_modules").is_dir():
        return found
    reason = "Node or the clients' packages are not installed (`make clients`)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[LiveServer]:
    """A development server, and learners 1 to 3 in its course."""
    async with serving(settings_of(database_url)) as live:
        await with_course()
        yield live


@dataclass
class Watcher:
    """A program that watches, and what it printed."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The events it saw, in order, each where it came first."""
        return list(dict.fromkeys(str(line["id"]) for line in self.lines))

    async def saw(self, count: int) -> None:
        """Wait until it has seen so many events.

        :raises AssertionError: if it ends before that.
        """
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while len(self.ids) < count:
                line = await self.process.stdout.readline()
                assert line, "the client gave up"
                self.lines.append(json.loads(line))


@asynccontextmanager
async def watching(program: str, *arguments: str) -> AsyncIterator[Watcher]:
    """Run a program until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        "node", program, *arguments, cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Watcher(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("program", "transport"),
    [
        ("graphql-ws.mjs", "websocket"),
        ("graphql-sse.mjs", "sse"),
        ("apollo.mjs", "websocket"),
        ("apollo.mjs", "multipart"),
        ("urql.mjs", "websocket"),
        ("urql.mjs", "sse"),
    ],
)
async def test_a_client_that_is_cut_off_twice_sees_every_event_in_order(
    server: LiveServer, program: str, transport: str
) -> None:
    beginning = await server.cursor()
    percents = iter(range(1, 100))

    async def record(times: int) -> None:
        for _ in range(times):
            await server.record(next(percents) / 100, learner=1)

    async with (
        cut_proxy(server.address) as proxy,
        watching(program, f"{proxy.address}/graphql", COURSE, beginning, transport) as watcher,
    ):
        await record(2)
        await watcher.saw(2)
        for seen in (6, 10):
            await proxy.cut()
            await server.followed_by(0)
            await record(3)
            await proxy.mend()
            await server.followed_by(1)
            await record(1)
            await watcher.saw(seen)
        logged = await server.ask(LOGGED, {"after": beginning})

    assert watcher.ids == [event["id"] for event in logged["data"]["gradeEvents"]["nodes"]]
    assert len(watcher.ids) == 10
    assert proxy.connections >= 3
