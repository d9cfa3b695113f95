"""A learner's grades written without a transaction, if nobody has changed them since."""

import asyncio
from contextvars import copy_context
from datetime import timedelta

import pytest

from db.connection import dialect
from db.courses import StoredCourse, set_freeze
from db.event_log import Origin
from db.learner_records import (
    SeenRecord,
    read_records,
    save_record_if_unchanged,
    see_record,
)
from db.problem_scores import NewScore
from db.sql import execute, fetch
from db.subsection_grades import save_overrides
from db.transaction import freeze_transaction, grade_transaction
from db.unlocked_write import MOST_ROWS, may_write_unlocked
from grading import (
    Cause,
    FreezeByHand,
    LearnerId,
    LearnerRecord,
    RecordedScore,
    Regraded,
    SubsectionGradeOverride,
    regrade,
)
from resolvers import score_recording, scores
from resolvers.score_recording import ScoreOutcome
from tests.factories import (
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
    request,
    subsection,
)
from tests.resolvers.stored_rows import stored_rows

ORIGIN = Origin(Cause.SCORE_RECORDED, "somebody", "unlocked")
ONE, TWO = LearnerId(1), LearnerId(2)
LATER = NOW + timedelta(days=1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    if dialect() == "sqlite":
        pytest.skip("not applicable: on SQLite a transaction costs no trips")
    course = await publish_content()
    await enroll(course, 2)
    await record(course, ONE, {"exam_1": 0.5})
    return course


async def seen(course: StoredCourse) -> SeenRecord:
    """See what is stored of the first learner."""
    found = await see_record(course, ONE, [problem_key("exam_1")])
    assert found is not None
    return found


def work_on(stored: SeenRecord) -> tuple[list[NewScore], dict[LearnerId, Regraded]]:
    """Give the learner all points of the exam."""
    content, key = stored.course.content, problem_key("exam_1")
    score = RecordedScore(1.0, 1.0, LATER, NOW)
    before = stored.learners[ONE]
    fed = [one.usage_key for one in content.subsections_of_problem[key]]
    after = type(before)(before.course_grade, before.subsection_grades, {key: score})
    return [NewScore(ONE, key, score)], {
        ONE: regrade(content, ONE, after, recompute=fed, now=LATER)
    }


async def save(stored: SeenRecord) -> bool:
    """Try to write what was made of what was seen."""
    return await save_record_if_unchanged(stored, *work_on(stored), ORIGIN, now=LATER)


@pytest.mark.parametrize("overridden", ["exam_1", "hw1_1", None])
async def test_what_is_seen_is_what_is_stored_but_for_times_and_scores_elsewhere(
    course: StoredCourse, overridden: str | None
) -> None:
    await record(course, ONE, {"hw1_1": 1})
    key = problem_key("exam_1")
    (exam,) = course.content.subsections_of_problem[key]
    if overridden is not None:
        (fed,) = course.content.subsections_of_problem[problem_key(overridden)]
        stored = (await read_records(course.id, [ONE])).learners[ONE].subsection_grades
        override = SubsectionGradeOverride(
            earned_graded=0.5, reason="late", created_at=NOW, updated_at=LATER
        )
        grade = stored[fed.usage_key]._replace(override=override)
        await save_overrides(course, [(ONE, grade)])

    stored_record = (await read_records(course.id, [ONE])).learners[ONE]
    found = (await seen(course)).learners[ONE]

    assert len(found.subsection_grades) == 2
    assert found == LearnerRecord(
        stored_record.course_grade,
        {
            usage_key: grade if usage_key == exam.usage_key else grade._replace(last_updated=None)
            for usage_key, grade in stored_record.subsection_grades.items()
        },
        {key: stored_record.scores[key]},
    )


async def test_what_nobody_has_changed_is_written_in_one_statement(
    course: StoredCourse, statements: list[str]
) -> None:
    stored = await seen(course)
    statements.clear()

    assert await save(stored)
    assert len(statements) == 1

    after = (await seen(course)).learners[ONE]
    (new,), regraded = work_on(stored)
    assert after.course_grade == regraded[ONE].course_grade
    assert after.subsection_grades == regraded[ONE].subsection_grades
    assert after.scores == {new.usage_key: new.score}
    kinds = await fetch(
        "select kind from grade_event where correlation_id = 'unlocked' order by id"
    )
    assert [kind for (kind,) in kinds] == [change.kind.value for change in regraded[ONE].changes]


async def test_what_was_changed_meanwhile_is_left_as_it_is(course: StoredCourse) -> None:
    stored = await seen(course)
    await record(course, ONE, {"hw1_1": 1})
    before = await stored_rows()

    assert not await save(stored)
    assert await stored_rows() == before


async def test_a_score_that_changes_no_grade_is_a_change_as_well(course: StoredCourse) -> None:
    stored = await seen(course)
    await record(course, ONE, {"exam_1": 0.5}, at=NOW + timedelta(hours=1))
    before = await stored_rows()

    assert not await save(stored)
    assert await stored_rows() == before


@pytest.mark.parametrize("frozen", [True, False])
async def test_a_freeze_that_was_set_meanwhile_wins(course: StoredCourse, frozen: bool) -> None:
    stored = await seen(course)
    await set_freeze(course.id, FreezeByHand(frozen, NOW))
    before = await stored_rows()

    assert not await save(stored)
    assert await stored_rows() == before


async def test_another_version_of_the_course_is_told_or_wins(course: StoredCourse) -> None:
    stored = await seen(course)
    await publish_content(content_of([subsection("exam", "Exam", problems=2)]))
    before = await stored_rows()

    assert await see_record(course, ONE, [problem_key("exam_1")]) is None
    assert not await save(stored)
    assert await stored_rows() == before


async def test_it_waits_for_who_writes_the_same_grades_and_then_gives_way(
    course: StoredCourse,
) -> None:
    stored, outside = await seen(course), copy_context()
    async with grade_transaction(course.id, [ONE]):
        # Begun while the other is at work, it sees nothing of that: only its locks do.
        waiting = asyncio.create_task(save(stored), context=outside)
        await until_one_waits()
        await execute("update enrollment set revision = revision + 1 where learner_id = 1")

    assert not await waiting
    assert await fetch("select count(*) from grade_event where correlation_id = 'unlocked'") == [
        (0,)
    ]


async def test_it_waits_for_who_freezes_and_then_gives_way(course: StoredCourse) -> None:
    stored, outside = await seen(course), copy_context()
    async with freeze_transaction(course.id):
        waiting = asyncio.create_task(save(stored), context=outside)
        await until_one_waits()
        await set_freeze(course.id, FreezeByHand(True, NOW))

    assert not await waiting
    assert await fetch("select earned from problem_score") == [(0.5,)]


async def test_it_waits_for_who_writes_and_changes_nothing_and_then_writes(
    course: StoredCourse,
) -> None:
    stored, outside = await seen(course), copy_context()
    async with grade_transaction(course.id, [ONE]):
        waiting = asyncio.create_task(save(stored), context=outside)
        await until_one_waits()

    assert await waiting
    assert await fetch("select earned from problem_score") == [(1.0,)]


async def until_one_waits() -> None:
    """Return once somebody waits for an advisory lock."""
    for _ in range(1000):
        waiting = await fetch(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        )
        if waiting != [(0,)]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_there_is_no_unlocked_write_inside_a_transaction(course: StoredCourse) -> None:
    assert may_write_unlocked()
    async with grade_transaction(course.id, [ONE]):
        assert not may_write_unlocked()


async def test_who_is_overtaken_does_it_again_under_the_locks(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def then_overtaken(*args: object) -> SeenRecord | None:
        found = await see_record(*args)  # type: ignore[arg-type]
        monkeypatch.undo()
        await record(course, ONE, {"hw1_1": 1})
        return found

    monkeypatch.setattr(score_recording, "see_record", then_overtaken)
    (outcome,) = await record(course, ONE, {"exam_1": 1}, at=LATER)

    stored = (await seen(course)).learners[ONE]
    assert outcome.course_grade == stored.course_grade
    assert outcome.course_grade is not None
    assert outcome.course_grade.version == 3
    assert len(stored.subsection_grades) == 2


async def test_many_scores_of_one_learner_are_written_under_the_locks(database: str) -> None:
    course = await publish_content(content_of([subsection("exam", "Exam", problems=MOST_ROWS + 1)]))
    await enroll(course)
    outcomes = await scores.record(
        context_of(),
        course,
        [request(ONE, f"exam_{number}") for number in range(1, MOST_ROWS + 2)],
    )
    assert all(isinstance(one, ScoreOutcome) and one.error is None for one in outcomes)
    assert await fetch("select count(*) from problem_score") == [(MOST_ROWS + 1,)]


@pytest.mark.usefixtures("database")
async def test_who_was_never_enrolled_is_written_under_the_locks() -> None:
    course = await publish_content()
    await enroll(course)
    await execute("delete from enrollment")
    entry = score_recording.ScoreEntry(ONE, problem_key("exam_1"), 1.0, 1.0, NOW)
    (outcome,) = await score_recording.record_scores(
        course.id, [entry], origin=ORIGIN, now=NOW, known=course
    )
    assert outcome.error is None
    assert await fetch("select count(*) from problem_score") == [(1,)]
