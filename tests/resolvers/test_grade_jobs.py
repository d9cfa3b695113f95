import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from db.course_grades import course_grades
from db.courses import StoredCourse, present_courses_by_id
from db.event_log import Origin
from db.grade_jobs import GradeJob, JobState, jobs
from db.job_chunks import claim_chunk, split_chunk
from db.sql import execute, fetch
from grading import CourseNotFound, Forbidden, GradesFrozen, LearnerId, Regraded
from resolvers import grade_jobs
from resolvers.access import ANONYMOUS
from resolvers.grade_jobs import cancel, find_job, read_errors, start_regrade
from resolvers.job_running import LEASE, MOST_ATTEMPTS, run_chunk
from resolvers.regrading import save_regraded
from tests.factories import (
    LEARNER,
    NOW,
    STAFF,
    context_of,
    enroll,
    publish_content,
    record,
)
from tests.invariants import broken_rules

LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    return await publish_content()


async def graded_class(course: StoredCourse, size: int) -> list[LearnerId]:
    """Enroll learners who have each a score that their stored grade does not know."""
    learner_ids = await enroll(course, size)
    for learner_id in learner_ids:
        await record(course, learner_id, {"exam_1": 0.5})
    await execute("update problem_score set earned = 1")
    return learner_ids


async def finished(job: GradeJob) -> GradeJob:
    while await run_chunk(context_of(now=LATER)):
        pass
    return (await jobs([job.id]))[job.id]


async def test_a_job_grades_everybody_once_and_counts_them(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_jobs, "CHUNK", 2)
    learner_ids = await graded_class(course, 5)

    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    assert (job.state, job.total, job.processed) == (JobState.QUEUED, 5, 0)
    done = await finished(job)

    assert (done.state, done.processed, done.saved, done.failed) == (JobState.COMPLETED, 5, 5, 0)
    assert done.finished_at == LATER
    grades = await course_grades([course.id], learner_ids)
    assert {(grade.percent, grade.version) for grade in grades.values()} == {(0.6, 2)}
    assert await fetch("select count(*) from job_chunk") == [(3,)]
    assert await broken_rules() == []


async def test_the_events_of_a_job_have_its_cause_its_actor_and_one_correlation_id(
    course: StoredCourse,
) -> None:
    learner_ids = await graded_class(course, 2)
    await execute("delete from grade_event")

    await finished(await start_regrade(context_of(now=LATER), course, learner_ids, force=True))

    told = await fetch("select distinct cause, actor, correlation_id from grade_event")
    assert [(cause, actor) for cause, actor, _ in told] == [("GRADE_UPDATED", STAFF.name)]


async def test_a_job_that_changes_nothing_saves_and_announces_nothing(
    course: StoredCourse,
) -> None:
    learner_ids = await enroll(course, 3)
    await record(course, learner_ids[0], {"exam_1": 1})
    before = await fetch("select count(*) from grade_event")

    done = await finished(
        await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    )

    assert (done.processed, done.saved) == (3, 0)
    assert await fetch("select count(*) from grade_event") == before


async def test_a_job_for_nobody_is_completed(course: StoredCourse) -> None:
    done = await finished(await start_regrade(context_of(), course, [], force=True))

    assert (done.state, done.total, done.processed) == (JobState.COMPLETED, 0, 0)


async def test_workers_share_a_job_and_nobody_is_graded_twice(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_jobs, "CHUNK", 1)
    learner_ids = await graded_class(course, 12)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)

    async def worker() -> None:
        while await run_chunk(context_of(now=LATER)):
            pass

    await asyncio.gather(*(worker() for _ in range(4)))

    (done,) = (await jobs([job.id])).values()
    assert (done.state, done.processed, done.saved) == (JobState.COMPLETED, 12, 12)
    assert await fetch("select distinct attempts from job_chunk") == [(1,)]
    assert await fetch("select distinct version from course_grade") == [(2,)]


async def test_a_chunk_whose_worker_died_is_done_after_its_lease_and_not_before(
    course: StoredCourse,
) -> None:
    learner_ids = await graded_class(course, 2)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    assert await claim_chunk(now=LATER, lease_until=LATER + LEASE) is not None

    assert not await run_chunk(context_of(now=LATER + LEASE))
    assert await run_chunk(context_of(now=LATER + LEASE + timedelta(microseconds=1)))

    (done,) = (await jobs([job.id])).values()
    assert (done.state, done.processed) == (JobState.COMPLETED, 2)


async def test_who_was_too_slow_stores_nothing(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner_ids = await graded_class(course, 2)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    slow = await claim_chunk(now=LATER, lease_until=LATER)
    assert slow is not None
    much_later = LATER + LEASE
    assert await run_chunk(context_of(now=much_later))

    async def the_slow_one(**_: object) -> object:
        return slow

    monkeypatch.setattr("resolvers.job_running.claim_chunk", the_slow_one)
    events = await fetch("select count(*) from grade_event")
    await run_chunk(context_of(now=much_later))

    (done,) = (await jobs([job.id])).values()
    assert (done.processed, done.saved) == (2, 2)
    assert await fetch("select count(*) from grade_event") == events


async def test_a_cancelled_job_goes_no_further_and_keeps_what_it_did(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_jobs, "CHUNK", 1)
    learner_ids = await graded_class(course, 3)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    await run_chunk(context_of(now=LATER))

    ended = await cancel(context_of(now=LATER), course, job)

    assert (ended.state, ended.processed) == (JobState.CANCELLED, 1)
    assert not await run_chunk(context_of(now=LATER))
    assert await fetch("select count(*) from course_grade where version = 2") == [(1,)]


async def test_a_chunk_that_was_begun_before_its_job_was_cancelled_stores_nothing(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner_ids = await graded_class(course, 1)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    begun = await claim_chunk(now=LATER, lease_until=LATER + LEASE)

    async def the_begun_one(**_: object) -> object:
        return begun

    monkeypatch.setattr("resolvers.job_running.claim_chunk", the_begun_one)
    await cancel(context_of(now=LATER), course, job)
    await run_chunk(context_of(now=LATER))

    assert await fetch("select version from course_grade") == [(1,)]


async def spoil(learner_id: LearnerId) -> None:
    """Give a learner scores that add up to more than can be stored."""
    await execute(
        "update problem_score set earned = 1e12, possible = 1e-300 where learner_id = $1",
        learner_id,
    )


async def test_one_learners_error_is_that_learners_result(course: StoredCourse) -> None:
    ada, bea, cyd = await graded_class(course, 3)
    await spoil(bea)
    job = await start_regrade(context_of(now=LATER), course, [ada, bea, cyd], force=True)

    done = await finished(job)

    assert (done.state, done.processed, done.saved, done.failed) == (
        JobState.COMPLETED_WITH_ERRORS,
        3,
        2,
        1,
    )
    errors, more = await read_errors(context_of(), course, done, first=10, after=0)
    assert [(error.learner_id, error.code) for error in errors] == [(bea, "COMPUTATION_FAILED")]
    assert not more


async def test_a_chunk_that_cannot_be_stored_is_split_and_only_the_one_at_fault_fails(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner_ids = await graded_class(course, 3)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    _refuse_to_store(monkeypatch, learner_ids[1])

    done = await finished(job)

    assert (done.state, done.processed, done.saved, done.failed) == (
        JobState.COMPLETED_WITH_ERRORS,
        3,
        2,
        1,
    )


def _refuse_to_store(monkeypatch: pytest.MonkeyPatch, learner_id: LearnerId) -> None:
    async def refusing(
        course: StoredCourse,
        regraded: Mapping[LearnerId, Regraded],
        origin: Origin,
        *,
        now: datetime,
    ) -> None:
        if learner_id in regraded:
            raise RuntimeError("this row cannot be stored")
        await save_regraded(course, regraded, origin, now=now)

    monkeypatch.setattr("resolvers.job_running.save_regraded", refusing)


async def test_a_chunk_that_kills_every_worker_is_given_up_learner_by_learner(
    course: StoredCourse,
) -> None:
    learner_ids = await graded_class(course, 2)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    for _ in range(MOST_ATTEMPTS):
        assert await claim_chunk(now=LATER, lease_until=LATER - LEASE) is not None

    done = await finished(job)

    assert (done.state, done.processed, done.saved) == (JobState.COMPLETED, 2, 2)
    assert await fetch("select count(*) from job_chunk") == [(3,)]


async def test_only_who_holds_a_chunk_may_split_it(course: StoredCourse) -> None:
    learner_ids = await graded_class(course, 2)
    await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    first = await claim_chunk(now=LATER, lease_until=LATER - LEASE)
    assert first is not None
    assert await claim_chunk(now=LATER, lease_until=LATER + LEASE) is not None

    await split_chunk(first)

    assert await fetch("select count(*) from job_chunk") == [(1,)]


async def test_a_class_that_is_frozen_meanwhile_keeps_its_grades(course: StoredCourse) -> None:
    learner_ids = await graded_class(course, 2)
    job = await start_regrade(context_of(now=LATER), course, learner_ids, force=True)
    await execute("update course_publication set frozen = $1, freeze_set_at = $2", True, LATER)

    done = await finished(job)

    assert (done.processed, done.saved, done.failed) == (2, 0, 2)
    errors, _ = await read_errors(context_of(), course, done, first=10, after=0)
    assert {error.code for error in errors} == {"GRADES_FROZEN"}
    assert await fetch("select distinct version from course_grade") == [(1,)]


async def test_nobody_starts_or_sees_a_job_without_the_right_to(course: StoredCourse) -> None:
    learner_ids = await graded_class(course, 1)
    job = await start_regrade(context_of(), course, learner_ids, force=True)

    for viewer, refusal in ((ANONYMOUS, CourseNotFound), (LEARNER, Forbidden)):
        with pytest.raises(refusal):
            await start_regrade(context_of(viewer), course, learner_ids, force=True)
        with pytest.raises(refusal):
            await cancel(context_of(viewer), course, job)
        with pytest.raises(refusal):
            await read_errors(context_of(viewer), course, job, first=1, after=0)
        assert await find_job(context_of(viewer), job.id) is None
    assert await find_job(context_of(), job.id) == job
    assert await fetch("select count(*) from grade_job") == [(1,)]


async def test_a_frozen_course_takes_no_job(course: StoredCourse) -> None:
    await execute("update course_publication set frozen = $1, freeze_set_at = $2", True, NOW)
    (frozen,) = (await present_courses_by_id([course.id])).values()

    with pytest.raises(GradesFrozen):
        await start_regrade(context_of(now=LATER), frozen, [], force=True)

    assert await fetch("select count(*) from grade_job") == [(0,)]
