"""Events per second: into the log, out of it by a tail, and through it to a follower."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.classroom import COURSE, POINTS, START, enroll_class
from bench.databases import empty_database
from bench.measure import row
from db.courses import StoredCourse
from db.event_log import (
    LoggedEvent,
    Origin,
    append_events,
    end_of_log,
)
from db.event_log_state import BEGINNING, Place
from db.transaction import grade_transaction
from events import EventStream, Tail
from grading import Cause, LearnerId, SubsectionGradeChanged, usage_key_of
from grading import Points as SubsectionPoints
from resolvers.score_recording import ScoreEntry, record_scores
from server.event_stream import GradeEventLog, grade_event_stream

LEARNERS, SUBSECTIONS = 100, 12
SINGLY, IN_BULK, AT_ONCE = 1_000, 50_000, 500
ORIGIN: Final = Origin(Cause.SCORE_RECORDED, "bench", "0" * 32)
END: Final = Origin(Cause.SCORE_RECORDED, "bench", "f" * 32)


async def measure(engine: str) -> None:
    """Print how many events a second the log takes in and gives out."""
    row(f"event log, {engine}", "events", "events a second", "")
    row("---", "---", "--:", "---")
    async with empty_database(engine) as url:
        course = await enroll_class(LEARNERS, SUBSECTIONS)
        await _appended(course, SINGLY, 1)
        await _appended(course, IN_BULK, AT_ONCE)
        await _tailed(IN_BULK + SINGLY)
        await _followed(url, course)


async def _appended(course: StoredCourse, count: int, at_once: int) -> None:
    begun = time.perf_counter()
    for number in range(0, count, at_once):
        async with grade_transaction(course.id, [LearnerId(1)]):
            await append_events(course.id, _changes(number, at_once), ORIGIN, now=START)
    _report("appended", count, time.perf_counter() - begun, f"{at_once} in a transaction")


async def _tailed(count: int) -> None:
    done = asyncio.Event()
    seen = 0

    async def note(events: Sequence[LoggedEvent]) -> None:
        nonlocal seen
        seen += len(events)
        if seen >= count:
            done.set()

    begun = time.perf_counter()
    running = asyncio.create_task(Tail(GradeEventLog(), BEGINNING, note).run())
    await done.wait()
    seconds = time.perf_counter() - begun
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    _report("read by a tail", count, seconds, "from the beginning of the log")


async def _followed(url: str, course: StoredCourse) -> None:
    place = await end_of_log()
    async with grade_event_stream(url) as events:
        following = asyncio.create_task(_count(events, course.id, place))
        begun = time.perf_counter()
        for number in range(SINGLY):
            await record_scores(course.id, [_entry(number)], origin=ORIGIN, now=datetime.now(UTC))
            events.wake()
        recorded = time.perf_counter()
        async with grade_transaction(course.id, [LearnerId(1)]):
            await append_events(course.id, _changes(0, 1), END, now=START)
        events.wake()
        count = await following
        seconds = time.perf_counter() - begun
    rest = f"{SINGLY / (recorded - begun):,.0f} scores a second, one in a transaction"
    _report("recorded, graded and followed live", count, seconds, rest)


async def _count(events: EventStream[LoggedEvent, Place], course_id: int, place: Place) -> int:
    """Count the events behind a place, up to the one that says it is the last."""
    count = 0
    async with aclosing(events.follow(course_id, after=place)) as stream:
        async for event in stream:
            if event.origin == END:
                break
            count += 1
    return count


def _changes(first: int, count: int) -> list[SubsectionGradeChanged]:
    subsection = usage_key_of(COURSE, "sequential", "s0")
    points = SubsectionPoints(1.0, 1.0)
    return [
        SubsectionGradeChanged(LearnerId(1), first + number, subsection, None, points)
        for number in range(1, count + 1)
    ]


def _entry(number: int) -> ScoreEntry:
    again, learner = divmod(number, LEARNERS)
    return ScoreEntry(
        LearnerId(learner + 1),
        usage_key_of(COURSE, "problem", f"p{SUBSECTIONS - 1}"),
        float(again % 2 * POINTS),
        float(POINTS),
        START + timedelta(weeks=52, seconds=number),
    )


def _report(what: str, count: int, seconds: float, remark: str) -> None:
    row(what, f"{count:,}", f"{count / seconds:,.0f}", remark)
