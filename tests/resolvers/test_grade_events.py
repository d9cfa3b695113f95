"""What is announced: by every change of a grade, in its transaction, and by nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from db.connection import dialect
from db.course_grades import course_grades as stored_grades
from db.courses import StoredCourse
from db.errors import IntegrityError
from db.event_log import LoggedEvent, Origin, events_after
from db.event_log_state import BEGINNING
from db.problem_scores import NewScore, save_scores
from db.sql import execute
from db.subsection_grades import subsection_grades
from formats.scores_csv import ScoreRow
from grading import (
    Cause,
    CourseGradeChanged,
    CourseGradeSnapshot,
    EventKind,
    GradeChange,
    LearnerId,
    PassingStatus,
    PassingStatusChanged,
    Points,
    RecordedScore,
    SubsectionGradeChanged,
    UsageKey,
)
from grading.events import snapshot
from resolvers import course_grades, scores
from resolvers.context import Context
from resolvers.course_import import publish_course
from resolvers.score_import import import_scores
from resolvers.score_recording import ScoreOutcome
from tests.factories import (
    COURSE,
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
    request,
    subsection,
    subsection_key,
    toy_policy,
)
from tests.grading.courses import assignment_type

ADA, BEA = LearnerId(1), LearnerId(2)
LATER: Final = NOW + timedelta(hours=1)
NOT_ATTEMPTED, FAILING, PASSING = PassingStatus
S, C, P = (
    EventKind.SUBSECTION_GRADE_CHANGED,
    EventKind.COURSE_GRADE_CHANGED,
    EventKind.COURSE_GRADE_NOW_PASSED,
)
SIXTY: Final = CourseGradeSnapshot(0.6, "C", True, PASSING)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 2)
    return course


async def log() -> list[LoggedEvent]:
    return await events_after(BEGINNING, limit=1_000)


async def kinds() -> list[tuple[int, EventKind]]:
    return [(one.change.learner_id, one.change.kind) for one in await log()]


def passing_the_exam(learner_id: LearnerId) -> list[GradeChange]:
    """Return what the exam's one point announces of somebody who had done nothing."""
    return [
        SubsectionGradeChanged(learner_id, 1, subsection_key("exam"), None, Points(1.0, 1.0)),
        CourseGradeChanged(learner_id, 1, None, SIXTY, first_time_passed=True),
        PassingStatusChanged(learner_id, 1, NOT_ATTEMPTED, PASSING, first_time_passed=True),
    ]


# Each way to change the grades of both learners.


async def by_scores(context: Context, course: StoredCourse) -> None:
    requests = [request(learner, "exam_1") for learner in (ADA, BEA)]
    for outcome in await scores.record(context, course, requests):
        assert isinstance(outcome, ScoreOutcome)
        assert outcome.error is None


async def put_exam_scores(course: StoredCourse) -> None:
    right = RecordedScore(1.0, 1.0, NOW, NOW)
    new = [NewScore(learner, problem_key("exam_1"), right) for learner in (ADA, BEA)]
    await save_scores(course, new, now=NOW)


async def by_updates(context: Context, course: StoredCourse) -> None:
    await put_exam_scores(course)
    for learner in (ADA, BEA):
        result = await course_grades.update(context, course, learner, force=True)
        assert result.error is None


async def by_updates_of_many(context: Context, course: StoredCourse) -> None:
    await put_exam_scores(course)
    await course_grades.update_many(context, course, [ADA, BEA], force=True)


async def by_iteration(context: Context, course: StoredCourse) -> None:
    await put_exam_scores(course)
    async for _ in course_grades.iterate(context, course, force=True):
        pass


async def by_import(context: Context, course: StoredCourse) -> None:
    rows = [
        ScoreRow(
            line=line,
            user_id=learner,
            username=None,
            course_key=COURSE,
            usage_key=problem_key("exam_1"),
            raw_earned=1.0,
            raw_possible=1.0,
            scored_at=NOW,
        )
        for line, learner in enumerate((ADA, BEA), 2)
    ]
    imported = await import_scores(context, lambda: iter(rows))
    assert imported.stored


Way = Callable[[Context, StoredCourse], Awaitable[None]]
WAYS: Final = [
    (by_scores, Cause.SCORE_RECORDED),
    (by_updates, Cause.GRADE_UPDATED),
    (by_updates_of_many, Cause.GRADE_UPDATED),
    (by_iteration, Cause.GRADE_UPDATED),
    (by_import, Cause.BULK_IMPORT),
]


@pytest.mark.parametrize(("way", "cause"), WAYS)
async def test_every_way_to_change_grades_announces_it_once(
    course: StoredCourse, way: Way, cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.course_grades.CHUNK", 1)
    context = context_of(now=LATER)

    await way(context, course)

    events = await log()
    assert [one.change for one in events] == [*passing_the_exam(ADA), *passing_the_exam(BEA)]
    assert {one.origin for one in events} == {Origin(cause, "staff", context.correlation_id)}
    assert {(one.course_id, one.occurred_at) for one in events} == {(course.id, LATER)}

    await way(context_of(now=LATER + timedelta(hours=1)), course)

    assert await log() == events


async def test_other_content_announces_the_grades_that_it_changed(course: StoredCourse) -> None:
    await record(course, ADA, {"exam_1": 1.0})
    await record(course, BEA, {"hw1_1": 1.0})
    before = await log()
    context = context_of(now=LATER)
    # Without the second homework, half a homework is half of all homework.
    parts = [subsection("hw1", "Homework", problems=2), subsection("exam", "Exam")]

    await publish_course(context, content_of(parts))

    new = (await log())[len(before) :]
    assert [one.change for one in new] == [
        CourseGradeChanged(
            BEA,
            2,
            CourseGradeSnapshot(0.1, None, False, FAILING),
            CourseGradeSnapshot(0.2, None, False, FAILING),
            first_time_passed=False,
        )
    ]
    assert {one.origin for one in new} == {
        Origin(Cause.COURSE_CONTENT_CHANGED, "staff", context.correlation_id)
    }


async def test_another_policy_announces_who_fails_by_it(course: StoredCourse) -> None:
    await record(course, ADA, {"exam_1": 1.0})
    context = context_of(now=LATER)
    types = [assignment_type("Homework", 0.6), assignment_type("Exam", 0.4)]

    await publish_course(context, content_of(grading_policy=toy_policy(types=types)))

    failed = CourseGradeSnapshot(0.4, None, False, FAILING)
    new = (await log())[3:]
    assert [one.change for one in new] == [
        CourseGradeChanged(ADA, 2, SIXTY, failed, first_time_passed=False),
        PassingStatusChanged(ADA, 2, PASSING, FAILING, first_time_passed=False),
    ]
    assert {one.origin for one in new} == {
        Origin(Cause.GRADING_POLICY_CHANGED, "staff", context.correlation_id)
    }


async def test_content_that_changes_no_grade_announces_nothing(course: StoredCourse) -> None:
    await record(course, ADA, {"exam_1": 1.0})
    before = await log()
    content = content_of()
    renamed = replace(content.structure, display_name="Renamed")

    published = await publish_course(
        context_of(now=LATER), replace(content, structure=renamed, version="another")
    )

    assert (published.changed, published.regraded) == (True, 1)
    assert await log() == before


async def test_a_refused_score_and_one_that_changes_nothing_announce_nothing(
    course: StoredCourse,
) -> None:
    await record(course, ADA, {"exam_1": 1.0})
    before = await log()
    older = request(ADA, "exam_1", 0, scored_at=NOW - timedelta(seconds=1))
    unknown = request(ADA, "exam_2")
    same = request(ADA, "exam_1", 1)

    for one in (older, unknown, same):
        await scores.record(context_of(now=LATER), course, [one])

    assert await log() == before


async def test_half_a_request_announces_only_its_half(course: StoredCourse) -> None:
    requests = [request(ADA, "exam_2"), request(BEA, "exam_1")]

    await scores.record(context_of(), course, requests)

    assert await kinds() == [(BEA, S), (BEA, C), (BEA, P)]


async def refuse_events_of(learner_id: LearnerId) -> None:
    """Have the database refuse events of a learner."""
    if dialect() == "postgres":
        await execute(
            "alter table grade_event add constraint refuse"
            f" check (learner_id <> {learner_id}) not valid"
        )
    else:
        await execute(
            f"create trigger refuse before insert on grade_event when new.learner_id = {learner_id}"
            " begin select raise(abort, 'refused'); end"
        )


async def test_without_its_events_a_score_is_not_stored(course: StoredCourse) -> None:
    await refuse_events_of(BEA)

    with pytest.raises(IntegrityError):
        await by_scores(context_of(), course)

    assert await log() == []
    assert await stored_grades([course.id], [ADA, BEA]) == {}


async def test_whose_grade_cannot_be_stored_has_no_events_and_the_others_have(
    course: StoredCourse,
) -> None:
    await put_exam_scores(course)
    await refuse_events_of(ADA)

    results = await course_grades.update_many(context_of(), course, [ADA, BEA], force=True)

    assert [result.error is None for result in results] == [False, True]
    assert [one.change for one in await log()] == passing_the_exam(BEA)
    assert list(await stored_grades([course.id], [ADA, BEA])) == [(course.id, BEA)]


async def test_one_learners_versions_are_announced_in_order_however_many_write(
    database: str,
) -> None:
    course = await publish_content(content_of([subsection("exam", "Exam", problems=20)]))
    await enroll(course)

    async def write(number: int) -> None:
        await scores.record(context_of(), course, [request(ADA, f"exam_{number}")])

    await asyncio.gather(*(write(number) for number in range(1, 21)))

    events = [one.change for one in await log()]
    grades = [one for one in events if isinstance(one, CourseGradeChanged)]
    assert [one.version for one in grades] == list(range(1, 21))
    assert [one.before for one in grades] == [None, *(one.after for one in grades[:-1])]
    assert [one.version for one in events if one.kind is S] == list(range(1, 21))
    assert [one.first_time_passed for one in grades].count(True) == 1
    transitions = [one for one in events if isinstance(one, PassingStatusChanged)]
    assert [(one.before, one.after) for one in transitions] == [
        (NOT_ATTEMPTED, FAILING),
        (FAILING, PASSING),
    ]


async def test_whoever_replays_the_log_has_what_is_stored(course: StoredCourse) -> None:
    days: list[dict[str, float | None]] = [
        {"hw1_1": 1.0, "exam_1": 0.2},
        {"hw1_2": 0.5, "exam_1": 1.0},
        {"exam_1": None},
        {"hw2_1": 1.0, "hw2_2": 1.0, "exam_1": 0.9},
    ]
    for day, points in enumerate(days):
        await record(course, ADA, points, at=NOW + timedelta(days=day))
        await record(course, BEA, dict(list(points.items())[:1]), at=NOW + timedelta(days=day))
    types = [assignment_type("Homework", 0.9), assignment_type("Exam", 0.1)]
    await publish_course(context_of(now=LATER), content_of(grading_policy=toy_policy(types=types)))

    grades: dict[LearnerId, CourseGradeSnapshot] = {}
    points_of: dict[tuple[LearnerId, UsageKey], Points] = {}
    for one in await log():
        match one.change:
            case CourseGradeChanged() as change:
                assert change.before == grades.get(change.learner_id)
                grades[change.learner_id] = change.after
            case SubsectionGradeChanged() as change:
                place = (change.learner_id, change.usage_key)
                assert change.before == points_of.get(place)
                points_of[place] = change.after

    stored = await stored_grades([course.id], [ADA, BEA])
    subsections = await subsection_grades([course], [ADA, BEA])
    assert grades == {learner: snapshot(grade) for (_, learner), grade in stored.items()}
    assert points_of == {
        (learner, usage_key): Points(grade.graded_total.earned, grade.graded_total.possible)
        for (_, learner), found in subsections.items()
        for usage_key, grade in found.items()
    }
