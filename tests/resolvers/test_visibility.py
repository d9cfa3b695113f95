"""Reading grades as who may not see everything: what is read, and who that is."""

from dataclasses import replace

import pytest

from db.courses import StoredCourse
from grading import CourseKey, LearnerId, ShowCorrectness
from resolvers import course_grades
from resolvers.access import Scope, ServiceGrant, Viewer
from resolvers.subsection_grades import read_problem_scores
from tests.factories import (
    COURSE,
    LEARNER,
    STAFF,
    content_of,
    context_of,
    enroll,
    publish_content,
    record,
    subsection,
    subsection_key,
)

READ = frozenset({Scope.GRADES_READ})
EXAM = subsection_key("exam")


async def course_hiding(*rules: ShowCorrectness) -> StoredCourse:
    """Publish homework and an exam with these rules, and enroll one learner with both scores."""
    names = [("hw1", "Homework"), ("exam", "Exam")]
    course = await publish_content(
        content_of(
            replace(subsection(name, kind), show_correctness=rule)
            for (name, kind), rule in zip(names, rules, strict=True)
        )
    )
    (ada,) = await enroll(course)
    await record(course, ada, {"hw1_1": 1.0, "exam_1": 0.0})
    return course


@pytest.mark.parametrize(
    ("viewer", "percent"),
    [
        (STAFF, 0.4),
        (replace(LEARNER, staff_of=frozenset({COURSE})), 0.4),
        (Viewer("reader", service=ServiceGrant(READ)), 0.4),
        (LEARNER, 1.0),
        (replace(LEARNER, staff_of=frozenset({CourseKey("course-v1:edX+Other+2024")})), 1.0),
        (replace(LEARNER, service=ServiceGrant(READ, own_only=True)), 1.0),
    ],
)
async def test_who_sees_everything_and_who_sees_what_a_learner_does(
    database: str, viewer: Viewer, percent: float
) -> None:
    course = await course_hiding(ShowCorrectness.ALWAYS, ShowCorrectness.NEVER)
    context = context_of(viewer)

    grade = await course_grades.read(context, course, LearnerId(1))
    breakdown = await course_grades.read_breakdown(context, course, grade)
    scores = await read_problem_scores(context, breakdown, EXAM)

    assert (grade.percent, breakdown.computation.percent) == (percent, percent)
    assert breakdown.computation.unrounded == grade.unrounded
    assert breakdown.view.conceals(EXAM) == (percent == 1.0)
    assert breakdown.learners_view.conceals(EXAM)
    assert [one.earned for one in scores] == ([] if percent == 1.0 else [0.0])


@pytest.mark.parametrize(
    ("exam", "viewer", "count"),
    [
        (ShowCorrectness.ALWAYS, LEARNER, 1),
        (ShowCorrectness.NEVER_BUT_INCLUDE_GRADE, LEARNER, 1),
        (ShowCorrectness.NEVER, STAFF, 1),
        (ShowCorrectness.NEVER, LEARNER, 2),
    ],
)
async def test_a_grade_costs_its_parts_only_where_something_is_not_counted(
    database: str,
    statements: list[str],
    exam: ShowCorrectness,
    viewer: Viewer,
    count: int,
) -> None:
    course = await course_hiding(ShowCorrectness.ALWAYS, exam)
    context = context_of(viewer)
    statements.clear()

    grade = await course_grades.read(context, course, LearnerId(1))
    assert len(statements) == count

    await course_grades.read_breakdown(context, course, grade)
    assert len(statements) == 2


async def test_an_unseen_grade_has_no_figures_and_no_verdict(database: str) -> None:
    course = await course_hiding(ShowCorrectness.NEVER, ShowCorrectness.NEVER)

    grade = await course_grades.read(context_of(LEARNER), course, LearnerId(1))

    assert grade.concealed
    assert (grade.letter_grade, grade.passed, grade.passing_status.value) == (
        None,
        False,
        "NOT_ATTEMPTED",
    )
