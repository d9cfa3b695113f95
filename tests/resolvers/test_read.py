from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from db.sql import fetch
from grading import (
    Algorithm,
    CourseContent,
    Staleness,
    zero_course_grade,
)
from resolvers import course_grades
from resolvers.courses import require_course
from resolvers.subsection_grades import read_problem_scores
from tests.factories import (
    COURSE,
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
    subsection,
    subsection_key,
    toy_policy,
)

WRITTEN = ("problem_score", "subsection_grade", "course_grade")


@pytest.fixture
async def course(database: str) -> StoredCourse:
    return await publish_content()


async def all_rows() -> dict[str, list[Any]]:
    return {
        table: [tuple(row) for row in await fetch(f"select * from {table} order by id")]
        for table in WRITTEN
    }


async def test_who_did_nothing_has_a_zero_grade_and_nothing_is_written(
    course: StoredCourse, statements: list[str]
) -> None:
    (ada,) = await enroll(course)
    statements.clear()

    grade = await course_grades.read(context_of(), course, ada)

    assert grade == zero_course_grade(course.content, ada)
    assert (grade.percent, grade.letter_grade, grade.passed, grade.persisted) == (
        0.0,
        None,
        False,
        False,
    )
    assert grade.last_updated is None
    assert [sql.split()[0] for sql in statements] == ["select"]
    assert await all_rows() == {table: [] for table in WRITTEN}


async def test_a_stored_grade_is_read_as_it_was_returned(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    (recorded,) = await record(course, ada, {"exam_1": 1})

    grade = await course_grades.read(context_of(), course, ada)

    assert grade == recorded.course_grade
    assert (grade.percent, grade.unrounded, grade.letter_grade) == (0.6, 0.6, "C")
    assert (grade.passed, grade.passed_at, grade.persisted) == (True, NOW, True)
    assert (grade.version, grade.last_updated) == (1, NOW)
    assert grade.algorithm is Algorithm.EDX_2024
    assert grade.grading_policy_hash == course.content.policy.hash
    assert grade.course_version == course.content.version


async def test_the_breakdown_adds_up_to_the_stored_grade(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"hw1_1": 1, "hw1_2": 0, "hw2_1": 1, "exam_1": 0.5})
    context = context_of()
    grade = await course_grades.read(context, course, ada)

    breakdown = await course_grades.read_breakdown(context, course, grade)

    assert breakdown.computation.unrounded == grade.unrounded == 0.5
    assert [
        (one.assignment_type.name, one.percent, one.weighted_percent)
        for one in breakdown.computation.assignment_type_grades
    ] == [("Homework", 0.5, 0.2), ("Exam", 0.5, 0.3)]
    assert breakdown.dropped == frozenset()
    hw1 = breakdown.subsection_grade(subsection_key("hw1"))
    assert (hw1.graded_total.earned, hw1.graded_total.possible) == (1.0, 2.0)


async def test_the_breakdown_of_a_zero_grade_has_zero_subsections(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    context = context_of()
    grade = await course_grades.read(context, course, ada)

    breakdown = await course_grades.read_breakdown(context, course, grade)

    assert breakdown.computation.unrounded == 0.0
    exam = breakdown.subsection_grade(subsection_key("exam"))
    assert (exam.graded_total.earned, exam.graded_total.possible) == (0.0, 1.0)
    assert not exam.persisted


@pytest.mark.parametrize(
    ("present", "reason"),
    [
        (content_of([subsection("hw1", "Homework")]), Staleness.COURSE_CONTENT_CHANGED),
        (
            content_of(grading_policy=toy_policy(cutoffs={"Pass": 0.9})),
            Staleness.GRADING_POLICY_CHANGED,
        ),
        (content_of(algorithm=Algorithm.EDX_2022), Staleness.GRADING_POLICY_CHANGED),
    ],
    ids=["content", "policy", "algorithm"],
)
async def test_after_a_publish_a_grade_is_stale_and_adds_up_under_its_own_version(
    course: StoredCourse, present: CourseContent, reason: Staleness
) -> None:
    (ada, bea) = await enroll(course, 2)
    await record(course, ada, {"hw1_1": 1, "exam_1": 1})
    before = await course_grades.read(context_of(), course, ada)
    assert before.staleness(course.content) == ()

    now_present = await publish_content(present)

    context = context_of()
    grade = await course_grades.read(context, now_present, ada)
    assert grade == before
    assert grade.staleness(now_present.content) == (reason,)
    breakdown = await course_grades.read_breakdown(context, now_present, grade)
    assert breakdown.course.content == course.content
    assert breakdown.computation.unrounded == grade.unrounded == 0.7
    # Who has no grade has none that could be stale.
    nothing = await course_grades.read(context, now_present, bea)
    assert nothing.course_version == present.version
    assert nothing.staleness(now_present.content) == ()


async def test_a_grade_of_a_version_in_between_adds_up_after_its_withdrawal(
    course: StoredCourse,
) -> None:
    await require_course(context_of(), COURSE)
    (ada,) = await enroll(course)
    second = await publish_content(
        content_of([subsection("hw1", "Homework"), subsection("oral", "Exam")])
    )
    await record(second, ada, {"hw1_1": 1, "oral_1": 1})
    await publish_content(course.content)

    context = context_of()
    present = await require_course(context, COURSE)
    grade = await course_grades.read(context, present, ada)
    breakdown = await course_grades.read_breakdown(context, present, grade)

    assert breakdown.course.content.version == second.content.version
    assert grade.unrounded == 1.0
    assert breakdown.computation.unrounded == 1.0
    assert breakdown.subsection_grade(subsection_key("oral")).graded_total.earned == 1.0


async def test_problem_scores_are_those_that_the_learner_meets(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"hw1_2": 3}, possible=4)

    context = context_of()
    grade = await course_grades.read(context, course, ada)
    breakdown = await course_grades.read_breakdown(context, course, grade)
    scores = await read_problem_scores(context, breakdown, subsection_key("hw1"))

    assert [(one.usage_key, one.earned, one.possible) for one in scores] == [
        (problem_key("hw1_1"), 0.0, 1.0),
        (problem_key("hw1_2"), 3.0, 4.0),
    ]
    assert [one.first_attempted_at for one in scores] == [None, NOW]


async def test_a_context_reads_once_until_it_forgets(
    course: StoredCourse, statements: list[str]
) -> None:
    (ada,) = await enroll(course)
    context = context_of()
    before = await course_grades.read(context, course, ada)
    await record(course, ada, {"exam_1": 1}, at=NOW + timedelta(hours=1))
    statements.clear()

    assert await course_grades.read(context, course, ada) == before
    assert statements == []
    context.forget_reads()
    assert (await course_grades.read(context, course, ada)).percent == 0.6
    fresh = await replace(context).for_operation()
    assert (await course_grades.read(fresh, course, ada)).percent == 0.6
    assert len(statements) == 2
