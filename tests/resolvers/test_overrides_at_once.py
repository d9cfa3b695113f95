"""Overrides from several processes at once, and from one that is killed."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from db.sql import fetch
from tests.factories import enroll, publish_content
from tests.invariants import broken_rules
from tests.resolvers.override_apart import VERSIONS, send

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]


async def start(url: str, how: str, name: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.resolvers.override_apart", url, how, name),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
    )


async def test_of_two_processes_exactly_one_replaces_each_version(database: str) -> None:
    await enroll(await publish_content())

    processes = [await start(database, "compete", name) for name in ("one", "other")]
    written = [(await process.communicate())[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    versions = [int(line) for lines in written for line in lines.split()]
    assert sorted(versions) == list(range(VERSIONS))
    reasons = [row[0] for row in await fetch("select reason from override_entry order by id")]
    assert [int(reason.split()[1]) for reason in reasons] == list(range(VERSIONS))
    assert await fetch("select version from subsection_grade") == [(VERSIONS,)]
    assert await broken_rules() == []


async def test_a_request_whose_answer_was_lost_is_done_once(database: str) -> None:
    course = await publish_content()
    await enroll(course)

    answered = -1
    for _ in range(3):
        process = await start(database, "retry", "")
        assert process.stdout is not None
        while True:
            line = await process.stdout.readline()
            assert line
            # What the one before it did is only answered again.
            if int(line) > answered + 4:
                break
        process.send_signal(signal.SIGKILL)
        rest, _ = await process.communicate()
        assert process.returncode == -signal.SIGKILL
        answered = int([line, *rest.split()][-1])

        stored = await fetch("select reason, after_earned from override_entry order by id")
        assert answered + 1 <= len(stored) <= answered + 2
        made = await send(course, answered)
        assert made.outcome.breakdown.subsection_grade(made.outcome.usage_key).override is not None
        assert made.outcome.course_grade.version == answered + 1
        await send(course, answered + 1)
        stored = await fetch("select reason, after_earned from override_entry order by id")
        assert stored == [(f"retry {each}", each / 1000) for each in range(answered + 2)]
        assert await broken_rules() == []
