"""Clients from npm subscribe, are cut off, come back, and have seen every event."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.clients.cut_proxy import cut_proxy
from tests.clients.npm import FOLDER, PATIENCE
from tests.factories import COURSE
from tests.server.live_server import LiveServer, serving, settings_of, with_course

LOGGED = """
query Logged($after: String!) {
  gradeEvents(types: [COURSE_GRADE_CHANGED], after: $after) { nodes { id } }
}
"""

pytestmark = [pytest.mark.clients, pytest.mark.slow]


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


async def test_a_client_comes_back_whenever_its_socket_is_too_old(database_url: str) -> None:
    async with serving(settings_of(database_url, socket_lifetime=0.5)) as server:
        await with_course()
        beginning = await server.cursor()
        async with (
            cut_proxy(server.address) as proxy,
            watching("graphql-ws.mjs", f"{proxy.address}/graphql", COURSE, beginning) as watcher,
        ):
            for number in range(1, 4):
                while proxy.connections < number:
                    await asyncio.sleep(0.01)
                await server.record(number / 100)
            await watcher.saw(3)

    assert len(watcher.ids) == 3
