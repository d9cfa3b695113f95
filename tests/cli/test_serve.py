"""``serve``: what it prepares, what it refuses, and that the answer comes."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from cli.serve import _prepare
from cli.session import read_settings, session
from db.learners import Learner, save_learners
from grading import LearnerId
from resolvers.demonstration import demonstration_is_loaded
from server.settings import DEFAULT_DATABASE_URL
from tests.cli.commands import MAIN, Terminal, environment
from tests.factories import NOW

pytestmark = pytest.mark.slow  # each test starts a server

QUESTION = '{ course(courseKey: "course-v1:CourseGrade+DEMO101+2026") { displayName } }'


@contextmanager
def _serving(terminal: Terminal, *arguments: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, MAIN, *arguments, "--port", str(port)],
        cwd=terminal.folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None
            try:
                httpx.get(f"{address}/readyz").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        assert process.wait(30) is not None


@pytest.mark.slow
def test_without_a_word_it_serves_the_demonstration(terminal: Terminal) -> None:
    with _serving(terminal) as address:
        answer = httpx.post(f"{address}/graphql", json={"query": QUESTION}).json()

    assert answer["data"] == {"course": {"displayName": "The Night Sky With the Naked Eye"}}
    assert (terminal.folder / "coursegrade.sqlite3").is_file()


@pytest.mark.parametrize(
    ("url", "demo", "loaded"),
    [
        (DEFAULT_DATABASE_URL, None, True),
        (DEFAULT_DATABASE_URL, True, True),
        (DEFAULT_DATABASE_URL, False, False),
        ("sqlite:///other.sqlite3", None, False),
        ("sqlite:///other.sqlite3", True, True),
    ],
)
async def test_the_demonstration_is_there_when_it_should_be(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    demo: bool | None,
    loaded: bool,
) -> None:
    monkeypatch.chdir(terminal.folder)
    settings = read_settings(database_url=url)

    await _prepare(settings, demo=demo)

    async with session(settings) as context:
        assert await demonstration_is_loaded(context) == loaded


async def test_who_did_not_ask_for_the_demonstration_is_served_without_it(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(terminal.folder)
    settings = read_settings(database_url=DEFAULT_DATABASE_URL)
    async with session(settings):
        await save_learners([Learner(LearnerId(101), "ann")], now=NOW)

    await _prepare(settings, demo=None)

    assert capsys.readouterr().err == (
        "The demonstration is not loaded: learner 101, 'ann', has the id or the name of one of "
        "its learners.\n"
    )
    async with session(settings) as context:
        assert not await demonstration_is_loaded(context)


def test_settings_that_must_not_be_served_are_refused(terminal: Terminal) -> None:
    told = terminal.run("serve", "--workers", "2")

    assert (told.status, told.output) == (1, "")
    assert told.errors == (
        "SETTINGS_INVALID: SQLite is served by one process: set COURSEGRADE_WORKERS to 1, or use "
        "PostgreSQL.\n"
    )
    assert not (terminal.folder / "coursegrade.sqlite3").exists()


def test_without_the_issuers_keys_nothing_is_served(terminal: Terminal) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/keys.json"
        there = Terminal(terminal.folder, (("COURSEGRADE_JWT_JWKS_URL", url),))

        told = there.run("serve", "--port", "0")

    assert (told.status, told.output) == (1, "")
    assert told.errors.startswith(f"KEYS_UNAVAILABLE: No keys were had from {url}: ")
    assert told.errors.count("\n") == 1
