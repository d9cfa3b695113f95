import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from db.connection import connected
from db.courses import StoredCourse
from db.errors import DBConnectionError
from db.problem_scores import NewScore, save_scores
from db.sql import execute, fetch
from db.transaction import transaction
from grading import (
    ComputationFailed,
    CourseContent,
    CourseGrade,
    CourseNotFound,
    Forbidden,
    GradesFrozen,
    LearnerId,
    LearnerNotEnrolled,
    RecordedScore,
    zero_course_grade,
)
from resolvers import course_grades
from resolvers.access import ANONYMOUS
from resolvers.regrading import regrade_each
from tests.factories import (
    LEARNER,
    NOW,
    ORIGIN,
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
from tests.grading.courses import assignment_type, problem, structure_of
from tests.invariants import broken_rules
from tests.resolvers.test_read import all_rows

LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    return await publish_content()


async def put_scores(
    course: StoredCourse, learner_id: int, points: dict[str, tuple[float | None, float]]
) -> None:
    """Store scores past the resolvers, so that no grade follows."""
    await save_scores(
        course,
        [
            NewScore(LearnerId(learner_id), problem_key(name), RecordedScore(*both, NOW, NOW))
            for name, both in points.items()
        ],
        now=NOW,
    )


async def update(
    course: StoredCourse, learner_id: LearnerId, *, force: bool, at: datetime = LATER
) -> CourseGrade:
    result = await course_grades.update(context_of(now=at), course, learner_id, force=force)
    assert result.error is None
    assert result.course_grade is not None
    return result.course_grade


async def read(course: StoredCourse, learner_id: LearnerId) -> CourseGrade:
    return await course_grades.read(context_of(), course, learner_id)


async def test_a_forced_update_sees_new_scores_and_stores_the_grade(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"hw1_1": (1, 1), "exam_1": (3, 4)})

    grade = await update(course, ada, force=True)

    assert (grade.percent, grade.unrounded, grade.letter_grade) == (
        0.55,
        0.1 + 0.75 * 0.6,
        "C",
    )
    assert (grade.version, grade.last_updated, grade.passed_at) == (1, LATER, LATER)
    assert grade == await read(course, ada)
    assert await broken_rules() == []


async def test_an_update_that_is_not_forced_does_not_see_new_scores(course: StoredCourse) -> None:
    """Play the case e024 of the golden sequences against the store."""
    pair = (subsection("hw1", "Homework"), subsection("nc", "NoCredit"))
    policy = toy_policy(
        types=[assignment_type("Homework", 1.0, min_count=1), assignment_type("NoCredit", 0.0)],
        cutoffs={"Pass": 0.5},
    )
    course = await publish_content(content_of(pair, grading_policy=policy))
    (ada,) = await enroll(course)

    async def play(score: tuple[float, float], *, force: bool | None) -> tuple[float, str | None]:
        await put_scores(course, ada, {"hw1_1": score, "nc_1": score})
        if force is not None:
            await update(course, ada, force=force)
        grade = await read(course, ada)
        return grade.percent, grade.letter_grade

    assert await play((1, 2), force=None) == (0.0, None)
    assert await play((1, 2), force=True) == (0.5, "Pass")
    assert await play((1, 4), force=False) == (0.5, "Pass")
    assert await play((2, 2), force=True) == (1.0, "Pass")
    assert await play((0, 0), force=True) == (0.0, None)


@pytest.mark.parametrize("force", [True, False])
async def test_who_did_nothing_gets_no_row(course: StoredCourse, force: bool) -> None:
    (ada,) = await enroll(course)

    grade = await update(course, ada, force=force)

    assert grade == zero_course_grade(course.content, ada)
    assert all(rows == [] for rows in (await all_rows()).values())


@pytest.mark.parametrize("force", [True, False])
async def test_an_update_that_changes_nothing_writes_nothing(
    course: StoredCourse, statements: list[str], force: bool
) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"hw1_1": 1, "hw2_2": 0.3, "exam_1": 0.1 + 0.2})
    before, rows = await read(course, ada), await all_rows()
    statements.clear()

    grade = await update(course, ada, force=force)

    assert any(" problem_score " in sql for sql in statements) is force
    assert grade == before
    assert (grade.version, grade.last_updated) == (1, NOW)
    assert await all_rows() == rows
    assert not [sql for sql in statements if sql.startswith(("insert", "update", "delete"))]


async def test_last_updated_and_version_move_with_the_value_alone(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"exam_1": 1})
    # The same figures under other content: noted, and no change of the grade.
    other = await publish_content(
        content_of(grading_policy=toy_policy(cutoffs={"A": 0.95, "B": 0.7, "C": 0.5}))
    )

    noted = await update(other, ada, force=False)
    assert (noted.version, noted.last_updated) == (1, NOW)
    assert noted.grading_policy_hash == other.content.policy.hash
    assert noted.course_version == other.content.version
    assert noted.staleness(other.content) == ()
    assert await read(other, ada) == noted

    third = await publish_content(
        content_of(grading_policy=toy_policy(cutoffs={"A": 0.6}, types=[assignment_type("Exam")]))
    )
    changed = await update(third, ada, force=False, at=LATER)
    assert (changed.percent, changed.letter_grade) == (1.0, "A")
    assert (changed.version, changed.last_updated) == (2, LATER)
    assert await broken_rules() == []


async def test_only_what_changed_is_written(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"hw1_1": 1, "hw2_1": 1, "exam_1": 1})
    before = await fetch("select * from subsection_grade order by id")
    await put_scores(course, ada, {"hw2_1": (0.5, 1)})

    await update(course, ada, force=True)

    after = await fetch("select * from subsection_grade order by id")
    unchanged = [tuple(old) == tuple(new) for old, new in zip(before, after, strict=True)]
    assert unchanged == [True, False, True]


async def test_the_first_pass_is_remembered_after_a_fail(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"exam_1": 1})
    failing = await record(course, ada, {"exam_1": 0}, at=LATER)
    assert failing[0].course_grade is not None
    assert (failing[0].course_grade.passed, failing[0].course_grade.passed_at) == (False, NOW)

    grade = await update(course, ada, force=True, at=LATER)
    assert (grade.passed, grade.letter_grade, grade.passed_at) == (False, None, NOW)

    (again,) = await record(course, ada, {"exam_1": 1}, at=LATER + timedelta(hours=1))
    assert again.course_grade is not None
    assert (again.course_grade.passed, again.course_grade.passed_at) == (True, NOW)
    assert again.course_grade.version == 3


async def test_a_frozen_course_refuses_and_nothing_is_stored(database: str) -> None:
    structure = replace(structure_of([subsection("exam", "Exam")]), end=NOW)
    course = await publish_content(content_of(structure.subsections()))
    course = await publish_content(
        replace(course.content, structure=structure, version="with an end")
    )
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"exam_1": (1, 1)})
    month = timedelta(days=30)
    rows = await all_rows()
    after = context_of(now=NOW + month + timedelta(microseconds=1), freeze_after=month)

    with pytest.raises(GradesFrozen) as refusal:
        await course_grades.update(after, course, ada, force=True)
    with pytest.raises(GradesFrozen):
        await course_grades.update_many(after, course, [ada], force=True)
    with pytest.raises(GradesFrozen):
        await anext(course_grades.iterate(after, course, force=True))

    assert refusal.value.frozen_since == NOW + month
    assert await all_rows() == rows
    at_the_end = context_of(now=NOW + month, freeze_after=month)
    assert (await course_grades.update(at_the_end, course, ada, force=True)).error is None


async def test_who_is_not_enrolled_is_refused_and_the_others_are_updated(
    course: StoredCourse,
) -> None:
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"exam_1": (1, 1)})
    stranger = LearnerId(4711)

    with pytest.raises(LearnerNotEnrolled, match="Learner 4711 is not enrolled in"):
        await course_grades.update(context_of(), course, stranger)
    results = await course_grades.update_many(
        context_of(), course, [stranger, ada, stranger], force=True
    )

    assert [result.learner_id for result in results] == [stranger, ada, stranger]
    assert [type(result.error) for result in results] == [
        LearnerNotEnrolled,
        type(None),
        LearnerNotEnrolled,
    ]
    assert results[1].course_grade == await read(course, ada)
    assert await fetch("select learner_id from course_grade") == [(1,)]


async def test_who_has_left_keeps_being_graded(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await enroll(course, active=False)
    await put_scores(course, ada, {"exam_1": (1, 1)})

    assert (await update(course, ada, force=True)).percent == 0.6


async def test_without_the_right_nothing_is_updated(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"exam_1": (1, 1)})
    rows = await all_rows()

    for viewer, refusal in ((ANONYMOUS, CourseNotFound), (LEARNER, Forbidden)):
        with pytest.raises(refusal):
            await course_grades.update(context_of(viewer), course, ada, force=True)
        with pytest.raises(refusal):
            await anext(course_grades.iterate(context_of(viewer), course, force=True))

    assert await all_rows() == rows


async def test_after_an_update_the_context_reads_anew(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"exam_1": (1, 1)})
    context = context_of()
    assert (await course_grades.read(context, course, ada)).percent == 0.0

    await course_grades.update(context, course, ada, force=True)

    assert (await course_grades.read(context, course, ada)).percent == 0.6


async def test_one_learner_asked_for_twice_is_updated_once(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"exam_1": (1, 1)})

    first, second = await course_grades.update_many(context_of(), course, [ada, ada], force=True)

    assert first.course_grade == second.course_grade
    assert (await read(course, ada)).version == 1


async def test_the_present_version_counts_even_if_an_older_one_is_given(
    course: StoredCourse,
) -> None:
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"exam_1": (1, 1), "hw1_1": (1, 1)})
    present = await publish_content(content_of([subsection("hw1", "Homework")]))

    grade = await update(course, ada, force=True)

    assert grade.course_version == present.content.version
    assert grade.unrounded == 0.4
    assert await broken_rules() == []


def heavy_course_content(weight: float) -> CourseContent:
    """Make a course whose exam has two problems that are worth ``weight`` points each."""
    heavy = replace(
        subsection("exam", "Exam"),
        problems=(problem("exam_1", weight=weight), problem("exam_2", weight=weight)),
    )
    return content_of([subsection("hw1", "Homework"), heavy])


@pytest.mark.parametrize("weight", [1e308, 1e305], ids=["no number", "more than is stored"])
@pytest.mark.parametrize("force", [True, False])
async def test_one_who_cannot_be_graded_stops_nobody_else(
    database: str, weight: float, force: bool
) -> None:
    course = await publish_content(heavy_course_content(1.0))
    ada, bea, cyd = await enroll(course, 3)
    for learner_id in (ada, bea, cyd):
        await record(course, learner_id, {"hw1_1": 0.5})
    heavy = await publish_content(heavy_course_content(weight))
    for learner_id in (ada, bea, cyd):
        await put_scores(heavy, learner_id, {"hw1_1": (1, 1)})
    await put_scores(heavy, bea, {"exam_1": (1, 1), "exam_2": (1, 1)})
    rows = await fetch("select * from course_grade where learner_id = $1", bea)

    results = await course_grades.update_many(
        context_of(now=LATER), heavy, [ada, bea, cyd], force=True
    )

    assert [result.learner_id for result in results] == [ada, bea, cyd]
    assert isinstance(results[1].error, ComputationFailed)
    assert results[1].course_grade is None
    for result in (results[0], results[2]):
        assert result.course_grade is not None
        assert result.course_grade.unrounded == 0.4
    assert await fetch("select * from course_grade where learner_id = $1", bea) == rows


@pytest.mark.parametrize(
    "engine", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_a_database_without_a_free_connection_is_no_fault_of_a_learner(
    database_url: str,
) -> None:
    held, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with transaction():
            held.set()
            await done.wait()

    async with connected(database_url, pool_size=1, acquire_timeout=0.1):
        course = await publish_content()
        learner_ids = await enroll(course, 2)
        holding = asyncio.create_task(hold())
        await held.wait()
        with pytest.raises(DBConnectionError):
            await regrade_each(course.id, learner_ids, force=True, origin=ORIGIN, now=NOW)
        done.set()
        await holding


async def test_blocks_that_are_gone_do_not_make_an_attempt(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await put_scores(course, ada, {"hw1_1": (1, 1)})
    present = await publish_content(content_of([subsection("exam", "Exam")]))

    grade = await update(present, ada, force=True)

    assert not grade.persisted
    assert await fetch("select count(*) from subsection_grade") == [(0,)]


async def test_a_subsection_that_is_gone_counts_no_more(course: StoredCourse) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"hw1_1": 1, "exam_1": 1})
    present = await publish_content(content_of([subsection("hw1", "Homework", problems=2)]))

    grade = await update(present, ada, force=True)

    assert (grade.percent, grade.version) == (0.2, 2)
    assert (await fetch("select count(*) from subsection_grade")) == [(2,)]
    assert subsection_key("exam") not in present.content.subsections
    assert await broken_rules() == []


async def test_the_checker_of_the_invariants_finds_a_grade_that_is_wrong(
    course: StoredCourse,
) -> None:
    (ada,) = await enroll(course)
    await record(course, ada, {"exam_1": 1})
    assert await broken_rules() == []

    await put_scores(course, ada, {"exam_1": (0, 1)})
    assert (
        await broken_rules()
        == [
            f"{course.key}, learner 1: {subsection_key('exam')} has "
            "Total(earned=1.0, possible=1.0, first_attempted_at="
            + repr(NOW)
            + "), the scores make "
            "Total(earned=0.0, possible=1.0, first_attempted_at=" + repr(NOW) + ")"
        ]
        * 2
    )

    await execute("delete from course_grade")
    assert (
        f"{course.key}, learner 1: {subsection_key('exam')} was attempted and there is no "
        "course grade" in await broken_rules()
    )
