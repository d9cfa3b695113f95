"""A freeze that is stored first always wins, whatever a writer has read before."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from db import courses
from db.connection import dialect
from db.courses import StoredCourse, present_courses_by_id, publish, set_freeze
from db.errors import TransactionManagementError
from db.sql import fetch
from db.transaction import freeze_transaction, grade_transaction, transaction
from formats.csv_rows import RefusedLine
from formats.scores_csv import ScoreRow
from grading import (
    CourseContent,
    FreezeByHand,
    GradesFrozen,
    LearnerId,
)
from resolvers import course_grades, overrides, score_import, scores, simulation
from resolvers.access import Scope, ServiceGrant, Viewer
from resolvers.context import Context
from resolvers.course_import import publish_course
from resolvers.courses import open_check
from resolvers.freezing import set_frozen
from resolvers.grade_imports import ImportRequest, start_import
from resolvers.grade_jobs import start_regrade
from resolvers.grading_policy import AssignmentTypeRow, WantedPolicy, change_policy
from resolvers.learners import LearnerRef
from resolvers.overrides import OverrideRequest, OverrideValues
from resolvers.score_recording import ScoreEntry, record_scores
from resolvers.score_rows import CheckedRows, check_rows
from tests.factories import (
    COURSE,
    NOW,
    ORIGIN,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
    request,
    subsection_key,
    toy_policy,
)
from tests.resolvers.stored_rows import stored_rows

GRADE_TABLES = ("problem_score", "subsection_grade", "course_grade", "grade_event")
ALL_EXAM = WantedPolicy([AssignmentTypeRow("Exam", None, 1.0, 0, 0)], {"Pass": 0.5})


async def grades() -> list[object]:
    rows = await stored_rows()
    return [rows[table] for table in GRADE_TABLES]


@pytest.fixture
async def stale(database: str) -> StoredCourse:
    """A course as it was read before staff froze it; learner 1 has a grade."""
    course = await publish_content()
    await enroll(course, 2)
    await record(course, LearnerId(1), {"exam_1": 1})
    await set_frozen(context_of(), course, frozen=True)
    return course


def entry() -> ScoreEntry:
    return ScoreEntry(LearnerId(2), problem_key("exam_1"), 1.0, 1.0, NOW)


def overrides_of() -> ImportRequest:
    return ImportRequest(iter(["user_id,course_id,new_override-hw1\n", f"1,{COURSE},1\n"]))


async def iterate(course: StoredCourse) -> None:
    async for _ in course_grades.iterate(context_of(), course, force=True):
        pass


WRITERS: dict[str, Callable[[StoredCourse], Awaitable[object]]] = {
    "scores.record": lambda course: scores.record(
        context_of(), course, [request(LearnerId(2), "exam_1")]
    ),
    "course_grades.update": lambda course: course_grades.update(
        context_of(), course, LearnerId(1), force=True
    ),
    "course_grades.iterate": iterate,
    "overrides.change_override": lambda course: overrides.change_override(
        context_of(),
        course,
        OverrideRequest(
            LearnerRef("user_id", "1"), subsection_key("hw1"), OverrideValues(earned_graded=1.0)
        ),
        key=None,
    ),
    "grade_jobs.start_regrade": lambda course: start_regrade(
        context_of(), course, [LearnerId(1)], force=True
    ),
    "grade_imports.start_import": lambda course: start_import(context_of(), course, overrides_of()),
    "grading_policy.change_policy": lambda course: change_policy(context_of(), course, ALL_EXAM),
    "simulation.play": lambda course: simulation.play(
        context_of(), course, [entry()], days_per_second=1.0
    ),
}


@pytest.mark.parametrize("writer", WRITERS)
async def test_a_writer_who_read_the_course_before_the_freeze_is_refused(
    stale: StoredCourse, writer: str
) -> None:
    before = await stored_rows()

    with pytest.raises(GradesFrozen):
        await WRITERS[writer](stale)

    assert await stored_rows() == before
    assert await fetch("select count(*) from grade_job") == [(0,)]


async def test_a_freeze_between_the_check_of_a_file_and_its_scores_is_told_by_line(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = await publish_content()
    await enroll(course, 2)
    context = context_of()
    row = ScoreRow(2, LearnerId(2), None, course.key, problem_key("exam_1"), 1.0, 1.0, NOW)

    async def then_freeze(
        context: Context, rows: Sequence[ScoreRow | RefusedLine], *, now: datetime
    ) -> CheckedRows:
        found = await check_rows(context, rows, now=now)
        await set_freeze(course.id, FreezeByHand(True, NOW))
        return found

    monkeypatch.setattr(score_import, "check_rows", then_freeze)
    imported = await score_import.import_scores(context, lambda: [row], keep_going=True)

    assert [(line.line, line.code) for line in imported.refused] == [(2, "GRADES_FROZEN")]
    assert (imported.recorded, imported.graded) == (0, 0)
    assert await grades() == [[], [], [], []]


async def test_another_version_leaves_frozen_grades_as_they_are(stale: StoredCourse) -> None:
    before = await grades()

    published = await publish_course(
        context_of(), content_of(grading_policy=toy_policy(cutoffs={"Pass": 0.1}))
    )

    assert (published.changed, published.frozen, published.regraded) == (True, True, 0)
    assert await grades() == before


async def test_services_write_through_where_the_operator_lets_them(stale: StoredCourse) -> None:
    grant = ServiceGrant(frozenset({Scope.GRADES_WRITE, Scope.GRADES_READ}))
    context = context_of(Viewer("proctoring", service=grant))
    through = replace(context, frozen_for_services=False)

    with pytest.raises(GradesFrozen):
        await course_grades.update(context, stale, LearnerId(1), force=True)
    result = await course_grades.update(through, stale, LearnerId(1), force=True)

    assert result.error is None


async def test_whoever_freezes_waits_for_those_who_are_writing(database: str) -> None:
    course = await publish_content()
    await enroll(course, 1)
    writing, over = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def write() -> None:
        async with grade_transaction(course.id, [1]):
            writing.set()
            await over.wait()
            order.append("written")

    async def freeze() -> None:
        await writing.wait()
        await set_frozen(context_of(), course, frozen=True)
        order.append("frozen")

    tasks = [asyncio.create_task(write()), asyncio.create_task(freeze())]
    await writing.wait()
    await asyncio.sleep(0.05)
    assert order == []
    over.set()
    await asyncio.gather(*tasks)

    assert order == ["written", "frozen"]


async def policy_of(course: StoredCourse) -> list[str]:
    (present,) = (await present_courses_by_id([course.id])).values()
    return [kind.name for kind in present.content.policy.assignment_types]


async def test_whoever_freezes_waits_for_who_is_changing_the_policy(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = await publish_content()
    changing, over = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def slowly(content: CourseContent, *, now: datetime) -> StoredCourse:
        changing.set()  # it has found the grades open
        await over.wait()
        return await publish(content, now=now)

    async def change() -> None:
        await change_policy(context_of(), course, ALL_EXAM)
        order.append("changed")

    async def freeze() -> None:
        await changing.wait()
        await set_frozen(context_of(), course, frozen=True)
        order.append("frozen")

    monkeypatch.setattr(courses, "publish", slowly)
    tasks = [asyncio.create_task(change()), asyncio.create_task(freeze())]
    await changing.wait()
    await asyncio.sleep(0.05)
    assert order == []
    over.set()
    await asyncio.gather(*tasks)

    assert order == ["changed", "frozen"]
    assert await policy_of(course) == ["Exam"]


async def test_whoever_changes_the_policy_waits_for_a_freeze_and_is_refused(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = await publish_content()
    freezing, over = asyncio.Event(), asyncio.Event()

    async def slowly(course_id: int, wanted: FreezeByHand | None) -> None:
        freezing.set()
        await over.wait()
        await set_freeze(course_id, wanted)

    monkeypatch.setattr(courses, "set_freeze", slowly)
    freeze = asyncio.create_task(set_frozen(context_of(), course, frozen=True))
    await freezing.wait()
    change = asyncio.create_task(change_policy(context_of(), course, ALL_EXAM))
    await asyncio.sleep(0.05)
    assert not change.done()
    over.set()
    await freeze

    with pytest.raises(GradesFrozen):
        await change
    assert await policy_of(course) == ["Homework", "Exam"]


async def test_writers_of_a_course_do_not_wait_for_each_other(database: str) -> None:
    if dialect() == "sqlite":
        pytest.skip("not applicable: SQLite has one writer at a time")
    course = await publish_content()
    everyone = asyncio.Barrier(3)

    async def write(learner_id: int) -> None:
        async with grade_transaction(course.id, [learner_id]):
            await everyone.wait()

    await asyncio.wait_for(asyncio.gather(*(write(number) for number in range(3))), 10)


async def test_a_freeze_is_no_part_of_another_transaction(database: str) -> None:
    course = await publish_content()

    with pytest.raises(TransactionManagementError):
        async with transaction(), freeze_transaction(course.id):
            pass


@pytest.mark.parametrize("locked", [True, False])
async def test_many_freezes_and_writes_at_once_leave_nothing_written_while_frozen(
    database: str,
    locked: bool,
) -> None:
    course = await publish_content()
    known = None if locked else course
    ids = await enroll(course, 20)
    context = context_of()

    async def write(learner_id: LearnerId) -> bool:
        one = ScoreEntry(learner_id, problem_key("exam_1"), 1.0, 1.0, NOW)
        try:
            await record_scores(
                course.id,
                [one],
                origin=ORIGIN,
                now=NOW,
                require_open=open_check(context, NOW),
                known=known,
            )
        except GradesFrozen:
            return False
        return True

    async def freeze() -> object:
        await asyncio.sleep(0.01)
        await set_frozen(context, course, frozen=True)
        return await grades()

    *written, at_the_freeze = await asyncio.gather(*map(write, ids), freeze())

    assert await grades() == at_the_freeze
    assert len((await stored_rows())["problem_score"]) == sum(map(bool, written))
