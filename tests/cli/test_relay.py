"""``relay``: servers on two hosts hear of each other's changes through NATS, and without it."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import httpx
import nats
import pytest
import websockets
from nats.aio.msg import Msg

from db.connection import connected
from events.relay import LEADER_LOCK
from tests.cli.commands import MAIN, Terminal, environment
from tests.events.conftest import NatsServer
from tests.factories import COURSE, NOW, enroll, problem_key, publish_content
from tests.live_server import LiveServer, serving
from tests.server.live_server import CHANGES, PROTOCOL, RECORD

pytestmark = pytest.mark.slow

PATIENCE = 60.0  # seconds: nothing is measured


@contextmanager
def relaying(folder: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``main.py relay`` from when it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-u", MAIN, "relay"],
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "relaying to NATS; Ctrl-C ends it\n"
        yield process
    finally:
        process.kill()
        process.communicate()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.05)


async def somebody_leads(database_url: str) -> None:
    """Return once a relay has the lock of the leader: it publishes what is written from now on."""
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(PATIENCE):
            while not await connection.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and granted"
                " and (classid::bigint << 32 | objid::bigint) = $1",
                LEADER_LOCK,
            ):
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def record(server: LiveServer, earned: float, *, hours: int) -> None:
    """Record a score of learner 1 through a server."""
    score = {
        "learner": {"userId": "1"},
        "usageKey": problem_key("exam_1"),
        "scoreGiven": earned,
        "scoreMaximum": 1.0,
        "timestamp": (NOW + timedelta(hours=hours)).isoformat(),
    }
    body = {"query": RECORD, "variables": {"input": {"courseKey": COURSE, "scores": [score]}}}
    async with httpx.AsyncClient(timeout=20) as client:
        answer = (await client.post(f"{server.url}/graphql", json=body)).json()
    assert answer["data"]["recordScores"]["userErrors"] == []


@asynccontextmanager
async def subscriber(server: LiveServer) -> AsyncIterator[list[float]]:
    """Give the percents that a subscription at a server has brought so far."""
    seen: list[float] = []
    async with websockets.connect(
        f"{server.url.replace('http', 'ws', 1)}/graphql", subprotocols=[PROTOCOL]
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        async with httpx.AsyncClient(timeout=20) as client:
            body = {"query": "{ gradeEventsCursor }"}
            answer = (await client.post(f"{server.url}/graphql", json=body)).json()
        variables = {"course": COURSE, "after": answer["data"]["gradeEventsCursor"]}
        payload = {"query": CHANGES, "variables": variables}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))

        async def collect() -> None:
            async for message in socket:
                told = json.loads(message)
                assert told["type"] == "next", told
                seen.append(told["payload"]["data"]["courseGradeChanged"]["after"]["percent"])

        collecting = asyncio.create_task(collect())
        yield seen
        collecting.cancel()
        with suppress(asyncio.CancelledError):
            await collecting


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"])
async def test_two_hosts_hear_of_each_other_with_nats_and_when_it_is_gone(
    tmp_path: Path, database_url: str, nats_server: NatsServer
) -> None:
    async with connected(database_url):
        await enroll(await publish_content(), 1)
    variables = {
        "COURSEGRADE_DATABASE_URL": database_url,
        "COURSEGRADE_NATS_URL": nats_server.url,
    }
    folders = [tmp_path / "here", tmp_path / "there"]
    for folder in folders:
        folder.mkdir()
    told: list[str] = []

    async def hear(message: Msg) -> None:
        told.append(message.subject)

    listener = await nats.connect(nats_server.url, allow_reconnect=False)
    await listener.subscribe("ge.*", cb=hear)
    await listener.flush()
    fleet = {**variables, "COURSEGRADE_DEVELOPMENT": "true"}
    with (
        serving(folders[0], **fleet) as here,
        serving(folders[1], **fleet) as there,
        relaying(tmp_path, **variables) as relay,
    ):
        async with subscriber(there) as seen:
            await somebody_leads(database_url)
            await record(here, 1.0, hours=0)
            await until(lambda: seen == [0.6])
            await until(lambda: bool(told))
            assert set(told) == {"ge.1"}
            assert "NATS failed" not in there.log.read_text()

            with suppress(Exception):
                await listener.close()
            nats_server.kill()
            await until(lambda: "listening to NATS failed" in there.log.read_text())
            await record(here, 0.5, hours=1)
            await until(lambda: seen == [0.6, 0.3])

            relay.send_signal(signal.SIGTERM)
            output, _ = await asyncio.to_thread(relay.communicate, timeout=20)
            assert (relay.returncode, output) == (0, "the relay has ended\n")


def test_without_nats_or_on_sqlite_there_is_nothing_to_relay(terminal: Terminal) -> None:
    unset = terminal.run("relay")
    sqlite = Terminal(terminal.folder, (("COURSEGRADE_NATS_URL", "nats://127.0.0.1:4222"),))

    assert (unset.status, unset.output) == (1, "")
    assert unset.errors == (
        "SETTINGS_INVALID: The relay needs COURSEGRADE_NATS_URL, for example "
        "nats://127.0.0.1:4222.\n"
    )
    for command in ("relay", "serve"):
        refused = sqlite.run(command)
        assert (refused.status, refused.output) == (1, "")
        assert refused.errors == (
            "SETTINGS_INVALID: COURSEGRADE_NATS_URL is for many hosts, and SQLite is served by "
            "one process: leave it off, or use PostgreSQL.\n"
        )
    assert not (terminal.folder / "coursegrade.sqlite3").exists()
