"""``simulate``: beside a server whose subscribers see it, from a file, and until interrupted."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.typing import Subprotocol

from cli.session import read_settings, session
from demo import COURSE, LEARNERS, SCORES
from demo.outline import COURSE_KEY
from grading import CourseKey
from resolvers.courses import require_course
from resolvers.demonstration import load_demonstration
from resolvers.simulation import programme_of_demonstration
from tests.cli.commands import MAIN, Terminal, environment
from tests.live_server import serving

pytestmark = pytest.mark.slow

SUBSCRIPTION = """
subscription($course: CourseKey!, $after: String!) {
  gradeEvents(courseKey: $course, after: $after) { id }
}
"""
LOGGED = """
query($course: CourseKey!, $after: String!) {
  gradeEvents(courseKeys: [$course], after: $after, first: 500) { nodes { id } }
}
"""


async def _demonstration(folder: Path) -> Terminal:
    url = f"sqlite:///{folder / 'demo.sqlite3'}"
    async with session(read_settings(database_url=url)) as context:
        await load_demonstration(context)
    return Terminal(folder, (("COURSEGRADE_DATABASE_URL", url),))


def _ask(address: str, query: str, **variables: str) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer: dict[str, Any] = httpx.post(f"{address}/graphql", json=body, timeout=20).json()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


async def _subscribe(address: str, after: str, seen: list[str], ready: asyncio.Event) -> None:
    """Collect the ids of the events that a subscription brings, until cancelled."""
    url = f"{address.replace('http', 'ws', 1)}/graphql"
    protocol = Subprotocol("graphql-transport-ws")
    async with websockets.connect(url, subprotocols=[protocol]) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        variables = {"course": COURSE_KEY, "after": after}
        payload = {"query": SUBSCRIPTION, "variables": variables}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        ready.set()
        async for message in socket:
            told = json.loads(message)
            assert told["type"] == "next", told
            seen.append(told["payload"]["data"]["gradeEvents"]["id"])


@pytest.mark.slow
async def test_subscribers_of_a_running_server_see_what_is_played(
    tmp_path: Path, database_url: str
) -> None:
    server_folder = tmp_path / "server"
    server_folder.mkdir()
    terminal = Terminal(tmp_path, (("COURSEGRADE_DATABASE_URL", database_url),))
    arguments = ("--demo", "--database-url", database_url)
    with serving(server_folder, *arguments, COURSEGRADE_DEVELOPMENT="true") as server:
        after = _ask(server.url, "{ gradeEventsCursor }")["gradeEventsCursor"]
        seen: list[str] = []
        ready = asyncio.Event()
        following = asyncio.create_task(_subscribe(server.url, after, seen, ready))
        await ready.wait()

        told = await asyncio.to_thread(
            terminal.run, "simulate", "--days-per-second", "20", "--limit", "60"
        )

        logged = _ask(server.url, LOGGED, course=COURSE_KEY, after=after)["gradeEvents"]["nodes"]
        async with asyncio.timeout(30):
            while len(seen) < len(logged):
                assert not following.done(), following.result()
                await asyncio.sleep(0.05)
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    assert told.status == 0, told.errors
    assert told.output.splitlines()[0].split() == ["60", "scores", "recorded"]
    assert len(seen) > 30
    assert seen == [node["id"] for node in logged]


def _simulating(terminal: Terminal) -> subprocess.Popen[str]:
    # A quarter of an hour for a day: nothing but the first step comes in a test's time.
    return subprocess.Popen(
        [sys.executable, MAIN, "simulate", "--days-per-second", "0.001"],
        cwd=terminal.folder,
        env=environment(**dict(terminal.variables)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
async def test_it_ends_with_a_summary_when_interrupted(tmp_path: Path) -> None:
    terminal = await _demonstration(tmp_path)
    process = _simulating(terminal)
    try:
        async with asyncio.timeout(30):
            while not await _something_was_played(terminal):
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = await asyncio.to_thread(process.communicate, timeout=20)
    finally:
        process.kill()
        process.wait()

    assert (process.returncode, errors) == (0, "")
    lines = output.splitlines()
    assert lines[0].split()[1:] == ["scores", "recorded"]
    assert int(lines[0].split()[0]) >= 1
    assert lines[-1].startswith("The course's clock has reached 2026-11-21 ")


async def _something_was_played(terminal: Terminal) -> bool:

    url = dict(terminal.variables)["COURSEGRADE_DATABASE_URL"]
    async with session(read_settings(database_url=url)) as context:
        course = await require_course(context, CourseKey(COURSE_KEY))
        return len((await programme_of_demonstration(context, course)).scores) < 442


@pytest.mark.slow
def test_a_file_is_played_into_a_course_without_its_scores(terminal: Terminal) -> None:
    terminal.succeed("import-course", COURSE)
    terminal.succeed("import-learners", LEARNERS)

    fast = ("--days-per-second", "100000")
    part = terminal.succeed("simulate", COURSE_KEY, "--from", SCORES, *fast, "--limit", "7")
    whole = terminal.run("simulate", COURSE_KEY, "--from", SCORES, *fast)

    assert part.splitlines() == [
        "        7 scores recorded",
        "        0 scores that are stored already",
        "        0 scores older than the stored one",
        "        0 scores refused",
        "The course's clock has reached 2026-09-08 12:19 UTC.",
    ]
    assert whole.status == 0
    assert whole.output.splitlines() == [
        "    2,311 scores recorded",
        "        6 scores that are stored already",
        "        1 scores older than the stored one",
        "        0 scores refused",
        "The course's clock has reached 2026-11-20 18:16 UTC.",
    ]


async def test_a_file_with_a_refused_line_is_not_played_at_all(tmp_path: Path) -> None:
    terminal = await _demonstration(tmp_path)
    problem = "block-v1:CourseGrade+DEMO101+2026+type@problem+block@final_moon"
    file = terminal.write(
        "scores.csv",
        "username,usage_key,score_given,score_maximum,timestamp",
        f"amara_okonjo,{problem},1,2,2026-12-15T10:00:00Z",
        f"nobody,{problem},1,2,2026-12-15T10:00:00Z",
    )

    told = terminal.run("simulate", COURSE_KEY, "--from", file)

    assert (told.status, told.output) == (1, "")
    assert told.errors == (
        "line 3: LEARNER_NOT_FOUND: There is no learner whose username is 'nobody'.\n"
        f"SIMULATION_REFUSED: 1 of the lines in {file} cannot be played; nothing was stored.\n"
    )
    assert not await _something_was_played(terminal)


def test_what_cannot_be_simulated_is_refused_in_a_line(terminal: Terminal) -> None:
    empty = terminal.run("simulate")
    absent = terminal.run("simulate", "course-v1:A+B+C")

    assert (empty.status, empty.output) == (1, "")
    assert empty.errors == (
        "COURSE_NOT_FOUND: The demonstration course is not in this database: load it with "
        "`main.py serve --demo`, or name another course.\n"
    )
    assert (absent.status, absent.output) == (1, "")
    assert absent.errors == (
        "COURSE_NOT_FOUND: There is no course course-v1:A+B+C, or you may not know of it.\n"
    )
    assert terminal.run("simulate", "--days-per-second", "0").status == 2
    assert terminal.run("simulate", "--limit", "0").status == 2
