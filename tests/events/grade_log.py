"""The real event log, with changes of grades that nobody had to compute."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial

from db.event_log import (
    LoggedEvent,
    Origin,
    append_events,
    end_of_log,
    events_after,
    has_incomplete_events,
)
from db.event_log_state import Place
from db.sql import execute, fetch
from db.transaction import grade_transaction
from events import EventStream
from grading import Cause, LearnerId, Points, SubsectionGradeChanged, UsageKey
from tests.events.waiting import soon

COURSES = (1, 2, 3)
LEARNERS = tuple(LearnerId(number) for number in range(1, 21))

NOW = datetime(2026, 11, 2, tzinfo=UTC)
HOMEWORK = UsageKey("block-v1:Org+Course+Run+type@sequential+block@homework")


class GradeLog:
    async def after(self, place: Place, limit: int) -> Sequence[LoggedEvent]:
        return await events_after(place, limit=limit)

    async def end(self) -> Place:
        return await end_of_log()

    async def has_incomplete(self) -> bool:
        return await has_incomplete_events()


Stream = EventStream[LoggedEvent, Place]


class RolledBack(Exception):
    pass


async def enroll_everybody() -> None:
    """Store the courses and learners that events are about."""
    for course_id in COURSES:
        await execute(
            "insert into course (id, key, created_at) values ($1, $2, $3)",
            course_id,
            f"course-v1:Org+Course{course_id}+Run",
            NOW,
        )
    for learner_id in LEARNERS:
        await execute(
            "insert into learner (id, username, created_at, updated_at) values ($1, $2, $3, $3)",
            learner_id,
            f"learner{learner_id}",
            NOW,
        )


async def change_grade(
    course_id: int,
    learner_id: LearnerId,
    *,
    times: int = 1,
    meanwhile: Callable[[], Awaitable[object]] | None = None,
    undone: bool = False,
) -> None:
    """Log changes with the learner's next versions; do something before the transaction ends."""
    async with grade_transaction(course_id, [learner_id]):
        ((version,),) = await fetch(
            "select coalesce(max(version), 0) from grade_event"
            " where course_id = $1 and learner_id = $2",
            course_id,
            learner_id,
        )
        changes = [
            SubsectionGradeChanged(learner_id, version + 1 + number, HOMEWORK, None, Points(1, 2))
            for number in range(times)
        ]
        await append_events(
            course_id, changes, Origin(Cause.SCORE_RECORDED, None, "request"), now=NOW
        )
        if meanwhile is not None:
            await meanwhile()
        if undone:
            raise RolledBack


async def storm(stream: Stream, *, writers: int, changes: int) -> None:
    """Write from many tasks at once; every fourth transaction is rolled back, some are slow."""

    async def write(chance: random.Random) -> None:
        for _ in range(changes):
            try:
                await change_grade(
                    chance.choice(COURSES),
                    chance.choice(LEARNERS),
                    times=chance.randint(1, 3),
                    meanwhile=partial(asyncio.sleep, chance.choice((0, 0, 0, 0.001, 0.01))),
                    undone=chance.random() < 0.25,
                )
            except RolledBack:
                continue
            stream.wake()

    await asyncio.gather(*(write(random.Random(seed)) for seed in range(writers)))


async def collect(
    events: AsyncGenerator[LoggedEvent, None],
    into: list[LoggedEvent],
    *,
    pause: float | None = None,
) -> None:
    """Append what comes, until the stream ends, with a pause after each in seconds."""
    async with aclosing(events):
        async for event in events:
            into.append(event)
            if pause is not None:
                await asyncio.sleep(pause)


async def versions(events: AsyncGenerator[LoggedEvent, None], count: int) -> list[int]:
    """Return the versions of the next events."""
    return [(await soon(anext(events))).change.version for _ in range(count)]
