"""Stored grades that are not what they should be: found, named, and mended by a regrade."""

from datetime import timedelta

import pytest

from db.courses import StoredCourse
from db.sql import execute
from grading import CourseNotFound, DiscrepancyReason, Forbidden, LearnerId
from resolvers import course_grades
from resolvers.access import ANONYMOUS
from resolvers.reconciliation import Discrepancy, find_discrepancies
from tests.factories import (
    LEARNER,
    NOW,
    content_of,
    context_of,
    enroll,
    publish_content,
    record,
    subsection,
    subsection_key,
    toy_policy,
)
from tests.grading.courses import assignment_type
from tests.resolvers.stored_rows import stored_rows

ADA, BEA, CYD = LearnerId(1), LearnerId(2), LearnerId(3)
R = DiscrepancyReason


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 3)
    await record(course, ADA, {"exam_1": 1, "hw1_1": 1})
    await record(course, BEA, {"hw2_2": 0.5})
    return course


async def found(course: StoredCourse) -> list[Discrepancy]:
    return [one async for one in find_discrepancies(context_of(), course)]


async def reasons(course: StoredCourse) -> dict[LearnerId, tuple[R, ...]]:
    return {one.learner_id: one.reasons for one in await found(course)}


async def test_what_was_computed_here_agrees(course: StoredCourse) -> None:
    before = await stored_rows()

    assert await found(course) == []
    assert await stored_rows() == before


async def test_a_figure_that_somebody_changed_is_found(course: StoredCourse) -> None:
    await execute("update course_grade set percent = 0.99 where learner_id = $1", ADA)

    (one,) = await found(course)

    assert (one.learner_id, one.reasons, one.subsections) == (ADA, (R.WRONG_FIGURES,), ())
    assert one.stored is not None
    assert one.recomputed is not None
    assert (one.stored.percent, one.recomputed.percent) == (0.99, 0.7)


async def test_a_score_that_changed_behind_the_grade_is_found(course: StoredCourse) -> None:
    await execute("update problem_score set earned = 0 where learner_id = $1", BEA)

    (one,) = await found(course)

    assert (one.learner_id, one.reasons) == (BEA, (R.SCORES_CHANGED,))
    assert one.subsections == (subsection_key("hw2"),)


async def test_a_grade_that_was_lost_is_found(course: StoredCourse) -> None:
    await execute("delete from course_grade where learner_id = $1", BEA)

    (one,) = await found(course)

    assert (one.learner_id, one.stored, one.reasons) == (BEA, None, (R.SCORES_CHANGED,))
    assert one.recomputed is not None


async def test_a_changed_policy_and_changed_content_are_named(course: StoredCourse) -> None:
    types = [assignment_type("Homework", 0.5), assignment_type("Exam", 0.5)]
    later = await publish_content(content_of(grading_policy=toy_policy(types=types)))
    assert await reasons(later) == {
        ADA: (R.GRADING_POLICY_CHANGED,),
        BEA: (R.GRADING_POLICY_CHANGED,),
    }

    other = await publish_content(content_of([subsection("exam", "Exam", problems=2)]))
    assert await reasons(other) == {
        ADA: (R.COURSE_CONTENT_CHANGED,),
        BEA: (R.COURSE_CONTENT_CHANGED,),
    }


async def test_what_cannot_be_computed_is_named(course: StoredCourse) -> None:
    sql = "update problem_score set earned = 1e12, possible = 1e-300 where learner_id = $1"
    await execute(sql, ADA)

    assert await reasons(course) == {ADA: (R.CANNOT_BE_COMPUTED,)}


async def test_a_regrade_mends_what_was_found(course: StoredCourse) -> None:
    await execute("update course_grade set percent = 0.99")
    await execute("update problem_score set earned = 0 where learner_id = $1", BEA)
    learner_ids = [one.learner_id for one in await found(course)]

    later = context_of(now=NOW + timedelta(hours=1))
    await course_grades.update_many(later, course, learner_ids, force=True)

    assert learner_ids == [ADA, BEA]
    assert await found(course) == []


async def test_only_who_may_see_all_grades_looks_for_them(course: StoredCourse) -> None:
    for viewer, refusal in ((ANONYMOUS, CourseNotFound), (LEARNER, Forbidden)):
        with pytest.raises(refusal):
            await anext(find_discrepancies(context_of(viewer), course))
