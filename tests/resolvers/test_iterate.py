from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from db.connection import dialect
from db.courses import StoredCourse
from db.learners import Learner
from db.problem_scores import NewScore, save_scores
from db.sql import fetch
from grading import ComputationFailed, LearnerId, RecordedScore
from resolvers import course_grades
from resolvers.course_grades import CHUNK
from resolvers.regrading import GradeResult
from tests.factories import (
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
    subsection,
)
from tests.grading.courses import problem
from tests.invariants import broken_rules
from tests.resolvers.test_read import all_rows

LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    return await publish_content()


async def put_exam_scores(
    course: StoredCourse, learner_ids: Sequence[LearnerId], points: float = 1.0
) -> None:
    await save_scores(
        course,
        [
            NewScore(learner_id, problem_key("exam_1"), RecordedScore(points, 1.0, NOW, NOW))
            for learner_id in learner_ids
        ],
        now=NOW,
    )


async def regrade_all(course: StoredCourse, *, force: bool = True) -> list[list[GradeResult]]:
    return [
        chunk async for chunk in course_grades.iterate(context_of(now=LATER), course, force=force)
    ]


async def test_everybody_is_regraded_once_in_the_order_of_their_ids(course: StoredCourse) -> None:
    learner_ids = await enroll(course, CHUNK + 3)
    await put_exam_scores(course, learner_ids)

    chunks = await regrade_all(course)

    assert [len(chunk) for chunk in chunks] == [CHUNK, 3]
    results = [result for chunk in chunks for result in chunk]
    assert [result.learner_id for result in results] == learner_ids
    assert {result.course_grade.percent for result in results if result.course_grade} == {0.6}
    assert await fetch("select count(*), min(version), max(version) from course_grade") == [
        (CHUNK + 3, 1, 1)
    ]
    assert await broken_rules() == []


async def test_what_is_returned_is_what_is_read(course: StoredCourse) -> None:
    learner_ids = await enroll(course, 3)
    await put_exam_scores(course, learner_ids[1:])

    (chunk,) = await regrade_all(course)

    for result in chunk:
        assert result.error is None
        grade = await course_grades.read(context_of(), course, result.learner_id)
        assert grade == result.course_grade
    assert [result.course_grade and result.course_grade.persisted for result in chunk] == [
        *(False, True, True)
    ]


async def test_a_course_without_learners_has_no_chunks(course: StoredCourse) -> None:
    assert await regrade_all(course) == []


async def test_a_forced_regrade_makes_no_rows_for_who_did_nothing(course: StoredCourse) -> None:
    ada, *_ = await enroll(course, 20)
    await put_exam_scores(course, [ada])

    await regrade_all(course)

    assert await fetch("select learner_id from course_grade") == [(ada,)]
    assert await fetch("select learner_id from subsection_grade") == [(ada,)]


@pytest.mark.parametrize("force", [True, False])
async def test_a_second_regrade_writes_nothing(
    course: StoredCourse, statements: list[str], force: bool
) -> None:
    learner_ids = await enroll(course, 5)
    await put_exam_scores(course, learner_ids)
    await regrade_all(course)
    rows = await all_rows()
    statements.clear()

    await regrade_all(course, force=force)

    assert await all_rows() == rows
    assert not [sql for sql in statements if sql.startswith(("insert", "update", "delete"))]


async def test_without_force_new_scores_are_not_seen(course: StoredCourse) -> None:
    ada, bea = await enroll(course, 2)
    await record(course, ada, {"hw1_1": 1})
    await put_exam_scores(course, [ada, bea])

    (chunk,) = await regrade_all(course, force=False)

    assert [result.course_grade and result.course_grade.unrounded for result in chunk] == [0.1, 0]
    assert await fetch("select learner_id from course_grade") == [(ada,)]


async def test_who_has_left_is_regraded_as_well(course: StoredCourse) -> None:
    await enroll(course, [Learner(LearnerId(5), "gone")], active=False)
    await put_exam_scores(course, [LearnerId(5)])

    (chunk,) = await regrade_all(course)

    assert [result.learner_id for result in chunk] == [5]
    assert await fetch("select learner_id from course_grade") == [(5,)]


@pytest.mark.parametrize("weight", [1e308, 1e305], ids=["no number", "more than is stored"])
async def test_one_who_cannot_be_graded_stops_nobody_else(database: str, weight: float) -> None:
    heavy = replace(
        subsection("exam", "Exam"),
        problems=(
            problem("exam_1"),
            problem("exam_2", weight=weight, max_score=None),
            problem("exam_3", weight=weight, max_score=None),
        ),
    )
    course = await publish_content(content_of([heavy]))
    learner_ids = await enroll(course, 5)
    await put_exam_scores(course, learner_ids)
    both = [problem_key("exam_2"), problem_key("exam_3")]
    await save_scores(
        course,
        [NewScore(learner_ids[2], key, RecordedScore(1.0, 1.0, NOW, NOW)) for key in both],
        now=NOW,
    )

    (chunk,) = await regrade_all(course)

    assert [type(result.error) for result in chunk] == [
        *(type(None), type(None), ComputationFailed, type(None), type(None))
    ]
    assert chunk[2].course_grade is None
    assert [row[0] for row in await fetch("select learner_id from course_grade")] == [1, 2, 4, 5]
    assert await fetch("select count(*) from subsection_grade where learner_id = 3") == [(0,)]


async def test_all_learners_of_a_chunk_see_the_same_version(course: StoredCourse) -> None:
    learner_ids = await enroll(course, CHUNK + 2)
    await put_exam_scores(course, learner_ids)
    other = content_of([subsection("exam", "Exam")], grading_policy=course.content.policy)
    versions = []

    async for chunk in course_grades.iterate(context_of(now=LATER), course, force=True):
        grades = [result.course_grade for result in chunk if result.course_grade]
        versions.append({grade.course_version for grade in grades})
        # Between two chunks everything may happen: nothing is held meanwhile.
        await publish_content(other)

    assert versions == [{course.content.version}, {other.version}]
    assert await broken_rules() == []


async def test_statements_do_not_grow_with_the_learners_of_a_chunk(
    course: StoredCourse, statements: list[str]
) -> None:
    counts = []
    for number in (1, 2, 50):
        await put_exam_scores(course, await enroll(course, number), 1 / number)
        statements.clear()

        await regrade_all(course)

        counts.append(len(statements))
        assert await fetch("select count(*) from course_grade") == [(number,)]

    # Ids, version, grades, subsections, scores, two writes, events, no more ids; PostgreSQL's lock.
    assert counts == [9 if dialect() == "postgres" else 8] * 3


async def test_after_a_chunk_the_context_reads_anew(course: StoredCourse) -> None:
    learner_ids = await enroll(course, 1)
    await put_exam_scores(course, learner_ids)
    context = context_of()
    assert (await course_grades.read(context, course, learner_ids[0])).percent == 0.0

    async for _ in course_grades.iterate(context, course, force=True):
        grade = await course_grades.read(context, course, learner_ids[0])
        assert grade.percent == 0.6
