"""A forced regrade of a class, beside its floor: the arithmetic alone and the writing alone."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.classroom import enroll_class, scores
from bench.measure import row
from db.courses import StoredCourse
from db.event_log import Origin
from db.sql import execute, fetch
from db.transaction import transaction
from grading import Cause, LearnerId, LearnerRecord, RecordedScore, UsageKey, regrade
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.course_grades import iterate
from resolvers.regrading import save_regraded

NOW = datetime(2026, 12, 18, tzinfo=UTC)
ORIGIN = Origin(Cause.GRADE_UPDATED, None, "bench")


async def measure(learner_count: int, subsection_count: int) -> None:
    """Print the times of one class on the connected database."""
    course = await enroll_class(learner_count, subsection_count)
    arithmetic, writing = await _floor(course, learner_count)
    first = await _regrade(course)
    again = await _regrade(course)
    ((grades,),) = await fetch("select count(*) from course_grade")
    ((subsections,),) = await fetch("select count(*) from subsection_grade")
    size = f"{learner_count:,} x {subsection_count}"
    row("arithmetic alone", size, f"{arithmetic:.2f} s", "")
    row("bulk write alone", size, f"{writing:.2f} s", "")
    ratio = f"{first / (arithmetic + writing):.2f} of both"
    row("forced regrade, everything new", size, f"{first:.2f} s", ratio)
    row("forced regrade, nothing changed", size, f"{again:.2f} s", "")
    row("rows written", f"{grades:,} + {subsections:,}", "", "")


async def _floor(course: StoredCourse, learner_count: int) -> tuple[float, float]:
    """Return the seconds of the arithmetic alone and of the writing alone."""
    records = _records(course, [LearnerId(number) for number in range(1, learner_count + 1)])
    everything = tuple(course.content.subsections)
    begun = time.perf_counter()
    regraded = {
        learner_id: regrade(course.content, learner_id, record, recompute=everything, now=NOW)
        for learner_id, record in records.items()
    }
    computed = time.perf_counter()
    async with transaction():
        await save_regraded(course, regraded, ORIGIN, now=NOW)
    written = time.perf_counter()
    async with transaction():
        await execute("delete from grade_event")
        await execute("delete from subsection_grade")
        await execute("delete from course_grade")
    return computed - begun, written - computed


def _records(
    course: StoredCourse, learner_ids: Sequence[LearnerId]
) -> dict[LearnerId, LearnerRecord]:
    found: dict[LearnerId, dict[UsageKey, RecordedScore]] = {}
    for new in scores(course, learner_ids):
        found.setdefault(new.learner_id, {})[new.usage_key] = new.score
    return {learner_id: LearnerRecord(scores=known) for learner_id, known in found.items()}


async def _regrade(course: StoredCourse) -> float:
    context = Context(Viewer("bench", global_staff=True), lambda: NOW)
    begun = time.perf_counter()
    async for results in iterate(context, course, force=True):
        failed = [result for result in results if result.error is not None]
        if failed:
            raise SystemExit(f"{len(failed)} learners could not be graded: {failed[0].error}")
    return time.perf_counter() - begun
