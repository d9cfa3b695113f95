import asyncio
import logging
from contextlib import aclosing

import asyncpg  # type: ignore[import-untyped]
import pytest

from events import EventStream, Pace
from events.notify import CHANNEL, NOTIFY_GAP, PostgresWaker
from grading import LearnerId
from tests.events.bell import Bell
from tests.events.grade_log import GradeLog, Stream, change_grade, enroll_everybody, versions
from tests.events.waiting import until

ONLY_WHEN_WOKEN = Pace(poll=3_600)

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def engine() -> str:
    return "postgres"


def stream_of(waker: PostgresWaker) -> Stream:
    return EventStream(GradeLog(), wakers=[waker], pace=ONLY_WHEN_WOKEN)


async def ready(*wakers: PostgresWaker) -> None:
    """Wait until the NOTIFY that each sends at first was sent."""
    await until(lambda: all(waker.notified for waker in wakers))


async def test_a_commit_wakes_other_processes(database: str) -> None:
    await enroll_everybody()
    here, there = PostgresWaker(database), PostgresWaker(database)
    async with stream_of(here) as writer, stream_of(there) as reader:
        await ready(here, there)
        async with aclosing(reader.follow(1)) as events:
            first = asyncio.create_task(versions(events, 3))
            await until(lambda: reader.followers == 1)
            for _ in range(3):
                await change_grade(1, LearnerId(1))
                writer.wake()
                await asyncio.sleep(0.05)
            assert await first == [1, 2, 3]


@pytest.mark.parametrize(("listens", "rung"), [(True, 2), (False, 1)])
async def test_a_tail_is_woken_by_others_only_and_only_if_it_listens(
    database: str, listens: bool, rung: int
) -> None:
    bell, here, there = Bell(), PostgresWaker(database, listens=listens), PostgresWaker(database)
    running = [asyncio.create_task(here.run(bell))]
    await ready(here)
    here.announce()
    await until(lambda: here.notified == 2)
    assert bell.rung == 1  # for what was announced before it listened

    other = Bell()
    running.append(asyncio.create_task(there.run(other)))
    await ready(there)
    here.announce()  # heard after what was sent before it
    await until(lambda: other.rung == 2)
    await asyncio.sleep(0.1)
    assert bell.rung == rung

    for task in running:
        task.cancel()
    await asyncio.wait(running)


async def test_a_thousand_wake_ups_in_one_moment_are_one_notify(database: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(database)
    await listener.add_listener(CHANNEL, lambda *call: heard.append(call[-1]))
    waker = PostgresWaker(database)
    async with stream_of(waker) as stream:
        await ready(waker)
        for _ in range(1_000):
            stream.wake()
        await until(lambda: waker.notified == 2)
        await asyncio.sleep(0.1)
        assert waker.notified == 2
        await until(lambda: len(heard) == 2)
    await listener.close()
    assert heard == ["", ""]


async def test_wake_ups_without_a_pause_are_notified_at_a_steady_pace(database: str) -> None:
    clock = asyncio.get_running_loop().time
    waker = PostgresWaker(database)
    async with stream_of(waker) as stream:
        await ready(waker)
        began = clock()
        for _ in range(200):
            stream.wake()
            await asyncio.sleep(0.001)
        assert 1 < waker.notified <= 2 + (clock() - began) / NOTIFY_GAP


async def test_a_lost_connection_is_replaced_and_said_once(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    await enroll_everybody()
    waker = PostgresWaker(database)
    with caplog.at_level(logging.INFO):
        async with stream_of(waker) as stream, aclosing(stream.follow(1)) as events:
            await ready(waker)
            first = asyncio.create_task(versions(events, 1))
            await until(lambda: stream.followers == 1)
            connection = await asyncpg.connect(database)
            killed = await connection.fetchval(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                " where application_name = 'coursegrade wake-up' and datname = current_database()"
            )
            assert killed == 1
            await connection.close()
            # Nobody announces it: the new connection makes the tail look.
            await change_grade(1, LearnerId(1))
            assert await first == [1]
    assert caplog.messages == [
        "listening to PostgreSQL failed and is tried again",
        "listening to PostgreSQL works again",
    ]


async def test_stopping_closes_the_connection(database: str) -> None:
    waker = PostgresWaker(database)
    async with stream_of(waker):
        await ready(waker)
    connection = await asyncpg.connect(database)
    left = await connection.fetchval(
        "select count(*) from pg_stat_activity"
        " where application_name = 'coursegrade wake-up' and datname = current_database()"
    )
    await connection.close()
    assert left == 0
