import asyncio
from collections import defaultdict
from contextlib import aclosing

import pytest

from db.event_log import EventFilter, LoggedEvent, events_after
from db.event_log_state import BEGINNING, Place
from events import EventStream, Pace
from grading import LearnerId
from tests.events.grade_log import (
    COURSES,
    GradeLog,
    RolledBack,
    change_grade,
    collect,
    enroll_everybody,
    storm,
    versions,
)
from tests.events.waiting import soon, until

pytestmark = pytest.mark.slow

ONLY_WHEN_WOKEN = Pace(poll=3_600)


@pytest.fixture(autouse=True)
async def classroom(database: str) -> None:
    await enroll_everybody()


@pytest.mark.slow
@pytest.mark.parametrize("backlog", [5, 1_000])
async def test_followers_that_join_in_a_storm_get_every_committed_event_once(backlog: int) -> None:
    seen: dict[str, list[LoggedEvent]] = defaultdict(list)
    async with EventStream(GradeLog(), backlog=backlog) as stream:
        readers = [
            asyncio.create_task(collect(stream.follow(after=BEGINNING), seen["first"])),
            asyncio.create_task(collect(stream.follow(1, after=BEGINNING), seen["course"])),
            asyncio.create_task(collect(stream.follow(after=BEGINNING), seen["slow"], pause=0.002)),
        ]
        writing = asyncio.create_task(storm(stream, writers=8, changes=100))
        late: dict[str, Place] = {}
        for number in range(8):
            await asyncio.sleep(0.05)
            name = f"late {number}"
            late[name] = seen["first"][-1].place if seen["first"] else BEGINNING
            followed = stream.follow(2, after=late[name], catch_up=course_two)
            readers.append(asyncio.create_task(collect(followed, seen[name])))
        await soon(writing)

        log = await events_after(BEGINNING, limit=10_000)
        expected = {
            "first": log,
            "course": [event for event in log if event.course_id == 1],
            "slow": log,
        } | {
            name: [event for event in log if event.course_id == 2 and event.place > place]
            for name, place in late.items()
        }
        await until(lambda: all(len(seen[name]) >= len(expected[name]) for name in expected))
    await soon(asyncio.gather(*readers))

    assert len(log) > 1_000
    assert {name: ids(events) for name, events in seen.items() if events} == {
        name: ids(events) for name, events in expected.items() if events
    }


async def course_two(place: Place, limit: int) -> list[LoggedEvent]:
    return await events_after(place, limit=limit, asked=EventFilter(course_ids=[2]))


def ids(events: list[LoggedEvent]) -> list[int]:
    return [event.id for event in events]


@pytest.mark.slow
async def test_each_learners_versions_come_in_order() -> None:
    seen: list[LoggedEvent] = []
    async with EventStream(GradeLog()) as stream:
        reader = asyncio.create_task(collect(stream.follow(after=BEGINNING), seen))
        await soon(storm(stream, writers=8, changes=30))
        log = await events_after(BEGINNING, limit=10_000)
        await until(lambda: len(seen) >= len(log))
    await soon(reader)

    by_learner: dict[tuple[int, LearnerId], list[int]] = defaultdict(list)
    for event in seen:
        by_learner[event.course_id, event.change.learner_id].append(event.change.version)
    assert len(by_learner) > len(COURSES) * 10
    assert by_learner == {key: list(range(1, len(found) + 1)) for key, found in by_learner.items()}


async def test_events_come_without_any_wake_up() -> None:
    async with (
        EventStream(GradeLog()) as stream,
        aclosing(stream.follow(1, after=BEGINNING)) as events,
    ):
        first = asyncio.create_task(versions(events, 1))
        await until(lambda: stream.followers == 1)
        await change_grade(1, LearnerId(1))
        assert await first == [1]


async def test_a_writer_does_not_wait_for_who_does_not_read() -> None:
    async with EventStream(GradeLog(), backlog=3, pace=ONLY_WHEN_WOKEN) as stream:
        stuck = [stream.follow(1, after=BEGINNING) for _ in range(20)]
        firsts = [asyncio.create_task(versions(events, 1)) for events in stuck]
        await until(lambda: stream.followers == 20)
        for _ in range(30):
            await soon(change_grade(1, LearnerId(1)))
            stream.wake()
        await until(lambda: stream.followers == 0)
        assert await asyncio.gather(*firsts) == [[1]] * 20

        # All of them now read what they missed, together.
        rest = await asyncio.gather(*(versions(events, 29) for events in stuck))
        assert rest == [list(range(2, 31))] * 20
        for events in stuck:
            await events.aclose()


async def test_what_waited_for_a_transaction_comes_though_its_rollback_is_not_announced(
    engine: str,
) -> None:
    written, released = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        written.set()
        await released.wait()

    async with (
        EventStream(GradeLog(), pace=ONLY_WHEN_WOKEN) as stream,
        aclosing(stream.follow(after=BEGINNING)) as events,
    ):
        got = asyncio.create_task(versions(events, 2))
        await until(lambda: stream.followers == 1)
        undone = asyncio.create_task(change_grade(1, LearnerId(1), meanwhile=wait, undone=True))
        await soon(written.wait())

        async def write() -> None:
            await change_grade(2, LearnerId(2), times=2)
            stream.wake()

        # PostgreSQL commits this, but hides it from readers of the log; SQLite lets it wait.
        writing = asyncio.create_task(write())
        if engine == "postgres":
            await soon(asyncio.wait([writing]))
        await asyncio.sleep(0.1)
        assert not got.done()
        released.set()
        with pytest.raises(RolledBack):
            await undone
        await soon(writing)
        assert await got == [1, 2]
