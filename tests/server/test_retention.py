"""Old events, answers, files and lines are deleted while the server serves."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from db.errors import DBConnectionError
from db.event_log import append_events, events_after
from db.event_log_state import BEGINNING, Place, read_log_state
from db.first_answers import FirstAnswer, keep_answer
from db.grade_exports import ExportFormat
from db.sql import fetch
from grading import CourseGradeChanged, CourseGradeSnapshot, ExportExpired, PassingStatus
from resolvers.grade_exports import open_file, start_export
from resolvers.grade_imports import ImportRequest, start_import
from server import retention
from server.retention import LINES_KEPT, old_rows_deleted
from tests.factories import COURSE, ORIGIN, context_of, enroll, publish_content
from tests.resolvers.exchanging import content_of_file, finished

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


async def rows_of_jobs(table: str) -> list[int]:
    """Return the jobs that still have rows in a table."""
    return [job for (job,) in await fetch(f"select distinct job_id from {table} order by 1")]


async def test_a_files_pieces_are_deleted_when_it_has_expired(database: str) -> None:
    course = await publish_content()
    await enroll(course, 2)
    numbers = []
    for age in (timedelta(hours=24, seconds=1), timedelta(hours=24)):
        context = context_of(now=NOW - age)
        job = await start_export(context, course, ExportFormat.GRADE_REPORT)
        numbers.append((await finished(job, at=NOW - age)).id)
    expired, young = numbers
    assert await rows_of_jobs("job_file_part") == [expired, young]

    async with old_rows_deleted(None, now=lambda: NOW), asyncio.timeout(10):
        while expired in await rows_of_jobs("job_file_part"):
            await asyncio.sleep(0.01)

    assert await rows_of_jobs("job_file_part") == [young]
    just_before = context_of(now=NOW - timedelta(seconds=1))
    assert b"learner-002" in await content_of_file(await open_file(just_before, young))
    # What it was is still known: who comes for it is told that it has expired.
    assert await rows_of_jobs("job_export") == [expired, young]
    with pytest.raises(ExportExpired):
        await open_file(context_of(now=NOW), expired)


async def test_the_lines_of_imports_are_deleted_thirty_days_after_their_end(database: str) -> None:
    course = await publish_content()
    await enroll(course, 1)
    file = ["user_id,course_id,new_override-hw1\n", f"1,{COURSE},1\n", f"99,{COURSE},1\n"]
    numbers = []
    for age in (LINES_KEPT + timedelta(seconds=1), LINES_KEPT, None):
        began = NOW - LINES_KEPT - timedelta(days=1)
        job = await start_import(context_of(now=began), course, ImportRequest(iter(file)))
        if age is not None:
            await finished(job, at=NOW - age)
        numbers.append(job.id)
    old, young, waiting = numbers
    assert timedelta(days=30) == LINES_KEPT

    async with old_rows_deleted(None, now=lambda: NOW), asyncio.timeout(10):
        while old in await rows_of_jobs("import_line"):
            await asyncio.sleep(0.01)

    assert await rows_of_jobs("import_line") == [young, waiting]
    assert await fetch("select count(*) from import_line") == [(4,)]
    assert (await finished(job, at=NOW)).processed == 2


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
