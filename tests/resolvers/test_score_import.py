"""Importing scores: what is recorded and graded, what is refused, what a second time changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from db.course_grades import course_grades
from db.courses import StoredCourse
from db.problem_scores import recorded_scores
from formats.csv_rows import RefusedLine
from formats.scores_csv import ScoreRow
from grading import CourseKey, Forbidden, LearnerId, RecordedScore, UsageKey
from resolvers.access import Viewer
from resolvers.score_import import ScoresImported, import_scores
from tests.factories import (
    COURSE,
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
)
from tests.invariants import broken_rules
from tests.resolvers.stored_rows import stored_rows

ADA, BEA, CYD, STRANGER = (LearnerId(number) for number in (1, 2, 3, 9))
MORNING, NOON, EVENING = (NOW - timedelta(hours=hours) for hours in (9, 6, 1))
LATER = NOW + timedelta(days=1)
OTHER = "course-v1:edX+Other+2024"


def _row(  # noqa: PLR0917
    line: int,
    user_id: LearnerId | None,
    problem: str,
    earned: float | None,
    at: datetime = NOON,
    possible: float = 1.0,
    **more: Any,  # noqa: ANN401
) -> ScoreRow:
    known: dict[str, Any] = {"username": None, "course_key": COURSE, **more}
    return ScoreRow(
        line=line,
        user_id=user_id,
        usage_key=UsageKey(problem) if ":" in problem else problem_key(problem),
        raw_earned=earned,
        raw_possible=possible,
        scored_at=at,
        **known,
    )


GOOD = [
    _row(2, ADA, "hw1_1", 1.0, EVENING),
    _row(3, BEA, "exam_1", 0.5),
    _row(4, None, "exam_1", 1.0, username="learner-001"),
    _row(5, ADA, "hw1_1", 0.25, MORNING),
]
RECORDED = ScoresImported(stored=True, lines=4, recorded=4, graded=2)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """A course with three learners in it; a fourth is in another."""
    course = await publish_content()
    await enroll(course, 3)
    return course


async def _import(rows: Sequence[ScoreRow | RefusedLine], **options: Any) -> ScoresImported:  # noqa: ANN401
    now = options.pop("now", NOW)
    return await import_scores(context_of(now=now), lambda: iter(rows), **options)


async def _percents(course: StoredCourse) -> dict[int, float]:
    grades = await course_grades([course.id], [ADA, BEA, CYD])
    return {learner_id: grade.percent for (_, learner_id), grade in grades.items()}


async def test_scores_are_recorded_and_their_learners_graded(course: StoredCourse) -> None:
    imported = await _import(GOOD)

    assert imported == RECORDED
    assert await _percents(course) == {ADA: 0.7, BEA: 0.3}
    assert await broken_rules() == []


async def test_several_attempts_are_taken_in_the_order_of_their_times(
    course: StoredCourse,
) -> None:
    await _import(GOOD)

    found = await recorded_scores([course], [ADA])
    assert found[course.id, ADA][problem_key("hw1_1")] == RecordedScore(1.0, 1.0, EVENING, MORNING)


async def test_the_same_file_again_changes_nothing(course: StoredCourse) -> None:
    await _import(GOOD)
    before = await stored_rows()

    again = await _import(GOOD, now=LATER)

    assert again == ScoresImported(stored=True, lines=4, unchanged=3, outdated=1)
    assert await stored_rows() == before


async def test_a_score_older_than_the_stored_one_is_passed_over(course: StoredCourse) -> None:
    await _import(GOOD)
    before = await stored_rows()

    imported = await _import([_row(2, BEA, "exam_1", 1.0, MORNING)])

    assert imported == ScoresImported(stored=True, lines=1, outdated=1)
    assert await stored_rows() == before


async def test_a_cleared_score_counts_no_longer(course: StoredCourse) -> None:
    await _import(GOOD)

    imported = await _import([_row(2, BEA, "exam_1", None, EVENING), _row(3, CYD, "exam_1", None)])

    assert (imported.recorded, imported.unchanged) == (1, 1)
    assert await _percents(course) == {ADA: 0.7, BEA: 0.0}
    assert await broken_rules() == []


REFUSED = [
    pytest.param(
        RefusedLine(6, "It names no learner.", "INVALID_INPUT"),
        "INVALID_INPUT",
        "It names no learner.",
        id="not a row",
    ),
    pytest.param(
        _row(
            6,
            ADA,
            "block-v1:edX+Other+2024+type@problem+block@p",
            1.0,
            course_key=CourseKey(OTHER),
        ),
        "COURSE_NOT_FOUND",
        f"There is no course {OTHER}.",
        id="unknown course",
    ),
    pytest.param(
        _row(6, ADA, "hw9_1", 1.0),
        "BLOCK_NOT_FOUND",
        f"{problem_key('hw9_1')} is no problem in the present version of {COURSE}.",
        id="unknown problem",
    ),
    pytest.param(
        _row(6, ADA, "block-v1:edX+Toy+2024+type@sequential+block@hw1", 1.0),
        "BLOCK_NOT_FOUND",
        "block-v1:edX+Toy+2024+type@sequential+block@hw1 is no problem in the present version "
        f"of {COURSE}.",
        id="a block that is no problem",
    ),
    pytest.param(
        _row(6, STRANGER, "exam_1", 1.0),
        "LEARNER_NOT_FOUND",
        "There is no learner whose user_id is 9.",
        id="unknown id",
    ),
    pytest.param(
        _row(6, None, "exam_1", 1.0, username="nobody"),
        "LEARNER_NOT_FOUND",
        "There is no learner whose username is 'nobody'.",
        id="unknown username",
    ),
    pytest.param(
        _row(6, ADA, "exam_1", 1.0, username="learner-002"),
        "INVALID_INPUT",
        "The learner whose user_id is 1 is 'learner-001', not 'learner-002'.",
        id="id and username of two learners",
    ),
    pytest.param(
        _row(6, ADA, "exam_1", 1e13),
        "SCORE_OUT_OF_RANGE",
        "scoreGiven must be a number from 0 to 1e+12.",
        id="too many points",
    ),
    pytest.param(
        _row(6, ADA, "exam_1", 1.0, possible=float("nan")),
        "SCORE_OUT_OF_RANGE",
        "scoreMaximum must be a number from 0 to 1e+12.",
        id="not a number",
    ),
    pytest.param(
        _row(6, BEA, "exam_1", 0.75),
        "DUPLICATE_ITEM",
        "Line 3 has another score of the same learner, problem and time.",
        id="two scores at one moment",
    ),
]


@pytest.mark.parametrize(("bad", "code", "reason"), REFUSED)
async def test_one_refused_line_keeps_the_whole_file_out(
    course: StoredCourse, bad: ScoreRow | RefusedLine, code: str, reason: str
) -> None:
    before = await stored_rows()

    imported = await _import([*GOOD, bad])

    assert imported == ScoresImported(
        stored=False, lines=5, refused=(RefusedLine(6, reason, code),)
    )
    assert await stored_rows() == before


@pytest.mark.parametrize(("bad", "code", "reason"), REFUSED)
async def test_with_keep_going_all_other_lines_are_recorded(
    course: StoredCourse, bad: ScoreRow | RefusedLine, code: str, reason: str
) -> None:
    imported = await _import([*GOOD, bad], keep_going=True)

    assert imported == replace(RECORDED, lines=5, refused=(RefusedLine(6, reason, code),))
    assert await _percents(course) == {ADA: 0.7, BEA: 0.3}
    assert await broken_rules() == []


async def test_a_learner_of_another_course_is_refused(course: StoredCourse) -> None:
    other = await publish_content(content_of(course_key=CourseKey(OTHER)))
    await enroll(other, 4)
    before = await stored_rows()

    imported = await _import([*GOOD, _row(6, LearnerId(4), "exam_1", 1.0)])

    assert imported.refused == (
        RefusedLine(
            6, f"Learner 'learner-004' is not enrolled in {COURSE}.", "LEARNER_NOT_ENROLLED"
        ),
    )
    assert await stored_rows() == before


async def test_frozen_grades_take_no_scores(database: str) -> None:
    content = content_of()
    course = await publish_content(
        replace(content, structure=replace(content.structure, end=NOW - timedelta(days=31)))
    )
    await enroll(course)
    before = await stored_rows()

    imported = await import_scores(
        context_of(freeze_after=timedelta(days=30)), lambda: iter(GOOD[:1]), keep_going=True
    )

    assert imported == ScoresImported(
        stored=True,
        lines=1,
        refused=(
            RefusedLine(
                2,
                "The grades of this course are frozen since 2026-03-01 09:30 UTC, "
                "because the course has ended.",
                "GRADES_FROZEN",
            ),
        ),
    )
    assert await stored_rows() == before


async def test_a_learner_who_cannot_be_graded_stops_nobody(course: StoredCourse) -> None:
    imported = await _import(
        [_row(2, ADA, "exam_1", 1e12, possible=1e-300), _row(3, BEA, "hw1_1", 1.0)]
    )

    assert imported == ScoresImported(
        stored=True,
        lines=2,
        refused=(
            RefusedLine(
                2, "The scores of this learner add up to no finite number.", "COMPUTATION_FAILED"
            ),
        ),
        recorded=1,
        graded=1,
        failed=1,
    )
    assert set(await recorded_scores([course], [ADA, BEA])) == {(course.id, BEA)}
    assert await broken_rules() == []


async def test_refused_lines_are_in_file_order_whenever_they_were_refused(
    course: StoredCourse,
) -> None:
    imported = await _import(
        [
            _row(2, STRANGER, "exam_1", 1.0),
            _row(3, ADA, "exam_1", 1e12, possible=1e-300),
            _row(4, STRANGER, "exam_1", 1.0),
        ],
        keep_going=True,
    )

    assert [(line.line, line.code) for line in imported.refused] == [
        (2, "LEARNER_NOT_FOUND"),
        (3, "COMPUTATION_FAILED"),
        (4, "LEARNER_NOT_FOUND"),
    ]


async def test_small_batches_and_transactions_come_to_the_same(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.score_import.BATCH", 2)
    monkeypatch.setattr("resolvers.score_import.CHUNK", 1)
    in_order = sorted(GOOD, key=lambda row: row.scored_at)
    checked: list[int] = []
    recorded: list[tuple[int, int | None]] = []

    imported = await _import(
        in_order,
        checking=lambda done, _: checked.append(done),
        recording=lambda done, total: recorded.append((done, total)),
    )

    assert imported == RECORDED
    assert await _percents(course) == {ADA: 0.7, BEA: 0.3}
    assert await broken_rules() == []
    assert checked == [2, 4]
    assert recorded == [(1, 4), (2, 4), (4, 4)]


async def test_the_file_is_opened_anew_for_each_reading(course: StoredCourse) -> None:
    opened: list[int] = []

    def rows() -> list[ScoreRow]:
        opened.append(len(opened))
        return GOOD

    await import_scores(context_of(), rows)
    await import_scores(context_of(), lambda: [*rows(), _row(6, STRANGER, "exam_1", 1.0)])

    assert opened == [0, 1, 2]  # the refused file is read no second time


async def test_the_statements_do_not_grow_with_the_lines(
    database: str, statements: list[str]
) -> None:
    course = await publish_content()
    learner_ids = await enroll(course, 50)
    counted = []
    for some, at in ((learner_ids[:2], MORNING), (learner_ids, NOON)):
        rows = [_row(2, learner_id, "exam_1", 0.5 + (at == NOON) / 4, at) for learner_id in some]
        statements.clear()
        await _import(rows)
        counted.append(len(statements))

    assert counted[0] == counted[1] > 0


async def test_who_may_not_change_grades_imports_nothing(course: StoredCourse) -> None:
    before = await stored_rows()

    with pytest.raises(Forbidden):
        await import_scores(context_of(Viewer("ann", global_staff=False)), lambda: iter(GOOD))

    assert await stored_rows() == before
