"""Old events and old answers are deleted while the server serves."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from db.errors import DBConnectionError
from db.event_log import append_events, events_after
from db.event_log_state import BEGINNING, Place, read_log_state
from db.first_answers import FirstAnswer, keep_answer
from db.sql import fetch
from grading import CourseGradeChanged, CourseGradeSnapshot, PassingStatus
from server import retention
from server.retention import old_rows_deleted
from tests.factories import ORIGIN, enroll, publish_content

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEEP = timedelta(days=30)


async def told(age: timedelta) -> None:
    """Write one event of this age."""
    course = await publish_content()
    (learner_id,) = await enroll(course, 1)
    after = CourseGradeSnapshot(0.5, "Pass", True, PassingStatus.PASSING)
    change = CourseGradeChanged(learner_id, 1, None, after, True)
    await append_events(course.id, [change], ORIGIN, now=NOW - age)


async def kept() -> list[datetime]:
    return [event.occurred_at for event in await events_after(BEGINNING, limit=10)]


async def test_what_is_older_than_it_is_to_be_kept_is_deleted(database: str) -> None:
    for age in (timedelta(days=31), timedelta(days=30, seconds=1), timedelta(days=30)):
        await told(age)
    before = await events_after(BEGINNING, limit=10)

    async with old_rows_deleted(KEEP, now=lambda: NOW), asyncio.timeout(10):
        while len(await kept()) > 1:
            await asyncio.sleep(0.01)

    assert await kept() == [NOW - KEEP]
    assert (await read_log_state()).retained == before[1].place


async def test_without_a_limit_everything_is_kept(database: str) -> None:
    await told(timedelta(days=10_000))

    async with old_rows_deleted(None, now=lambda: NOW):
        await asyncio.sleep(0.05)

    assert len(await kept()) == 1
    assert (await read_log_state()).retained == Place(0, 0)


@pytest.mark.parametrize("keep", [KEEP, None])
async def test_answers_are_forgotten_when_they_are_no_longer_given(
    database: str, keep: timedelta | None
) -> None:
    day = timedelta(hours=24)
    for key, age in (("old", day + timedelta(seconds=1)), ("older", 2 * day), ("young", day)):
        at = NOW - age
        await keep_answer("staff", key, FirstAnswer("f", "{}"), now=at, since=at - day)

    async with old_rows_deleted(keep, now=lambda: NOW), asyncio.timeout(10):
        while len(await fetch("select key from first_answer")) > 1:
            await asyncio.sleep(0.01)

    assert await fetch("select key from first_answer") == [("young",)]


async def test_a_lost_database_is_tried_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = [DBConnectionError("gone"), None]
    looked = asyncio.Event()

    async def prune(*, older_than: datetime) -> int:
        outcome = outcomes.pop(0) if outcomes else None
        if outcome is not None:
            raise outcome
        looked.set()
        return 0

    monkeypatch.setattr(retention, "prune_events", prune)

    async with old_rows_deleted(KEEP, now=lambda: NOW, pause=0.01), asyncio.timeout(5):
        await looked.wait()
