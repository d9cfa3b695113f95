import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from db.connection import connected
from db.errors import DBConnectionError, OperationalError
from db.event_log import LoggedEvent, events_after
from db.event_log_state import BEGINNING
from db.migrate import migrate
from events import EventStream
from events.notify import PostgresWaker
from grading import LearnerId
from tests.conftest import run_apart
from tests.events.grade_log import (
    COURSES,
    LEARNERS,
    GradeLog,
    Stream,
    change_grade,
    collect,
    enroll_everybody,
)
from tests.events.waiting import soon, until
from tests.postgres import cluster, server_programs

CRASHES = (
    *(DBConnectionError, OperationalError, OSError),
    *(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError),
)

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def own_server(postgres_server: str) -> Iterator[str]:
    """A server that nobody else's tests use."""
    programs = server_programs()
    assert programs is not None
    with cluster(programs) as server:
        yield server


async def ask(url: str, question: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(question))
    finally:
        await connection.close()


def crash_and_restart(data: str) -> None:
    programs = server_programs()
    assert programs is not None
    owner = Path(data).stat().st_uid
    subprocess.run(
        [programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "restart"],
        check=True,
        cwd=Path(data).parent,
        user=owner if os.geteuid() == 0 else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def test_a_crash_of_the_database_loses_and_repeats_nothing(own_server: str) -> None:
    url = f"{own_server}/postgres"
    run_apart(migrate(url))
    # Else PostgreSQL forgets commits that it had confirmed.
    await ask(url, "alter database postgres set synchronous_commit = on")
    data = await ask(url, "show data_directory")
    seen: list[LoggedEvent] = []
    from_the_course: list[LoggedEvent] = []

    async with connected(url, acquire_timeout=2.0):
        await enroll_everybody()
        waker = PostgresWaker(url)
        async with EventStream(GradeLog(), wakers=[waker]) as stream:
            readers = [
                asyncio.create_task(collect(stream.follow(after=BEGINNING), seen)),
                asyncio.create_task(collect(stream.follow(2, after=BEGINNING), from_the_course)),
            ]
            stopped = asyncio.Event()
            writers = [
                asyncio.create_task(write(stream, learner_id, stopped)) for learner_id in LEARNERS
            ]
            for _ in range(2):
                count = len(seen)
                await until(lambda: len(seen) > count + 50)  # noqa: B023
                await asyncio.to_thread(crash_and_restart, data)
            count, notified = len(seen), waker.notified
            await until(lambda: len(seen) > count + 50 and waker.notified > notified)
            stopped.set()
            await soon(asyncio.gather(*writers))
            log = await events_after(BEGINNING, limit=100_000)
            await until(lambda: len(seen) >= len(log))
        await soon(asyncio.gather(*readers))

    assert [event.id for event in seen] == [event.id for event in log]
    assert from_the_course == [event for event in log if event.course_id == 2]


async def write(stream: Stream, learner_id: LearnerId, stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        for course_id in COURSES:
            with suppress(*CRASHES):
                await change_grade(course_id, learner_id)
                stream.wake()
            await asyncio.sleep(0.005)
