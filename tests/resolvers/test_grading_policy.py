"""Changing a policy: seen first, then stored together with the regrade that it asks for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db.course_grades import course_grades
from db.courses import StoredCourse, present_courses
from db.grade_jobs import JobState, jobs
from db.sql import execute, fetch
from grading import (
    CourseNotFound,
    EffectOnGrades,
    Forbidden,
    GradesFrozen,
    InvalidGradingPolicy,
    LearnerId,
    PolicyConflict,
    policy_of,
)
from resolvers import grading_policy
from resolvers.access import ANONYMOUS
from resolvers.grading_policy import (
    AssignmentTypeRow,
    WantedPolicy,
    change_policy,
    preview_policy,
)
from resolvers.job_running import run_chunk
from tests.factories import (
    COURSE,
    LEARNER,
    NOW,
    content_of,
    context_of,
    enroll,
    publish_content,
    record,
)
from tests.invariants import broken_rules
from tests.resolvers.stored_rows import stored_rows

LATER = NOW + timedelta(hours=1)
ADA, BEA, CYD = LearnerId(1), LearnerId(2), LearnerId(3)
LETTERS = {"A": 0.9, "B": 0.7, "C": 0.5}


def wanted(
    homework: float = 0.5, exam: float = 0.5, cutoffs: dict[str, float] | None = None
) -> WantedPolicy:
    rows = [
        AssignmentTypeRow("Homework", "HW", homework, 0, 0),
        AssignmentTypeRow("Exam", None, exam, 0, 0),
    ]
    return WantedPolicy(rows, LETTERS if cutoffs is None else cutoffs)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """Ada has the exam right (60 %, C), Bea one homework (20 %); Cyd has done nothing."""
    course = await publish_content()
    await enroll(course, 3)
    await record(course, ADA, {"exam_1": 1})
    await record(course, BEA, {"hw1_1": 1, "hw1_2": 1})
    return course


async def run_all() -> None:
    while await run_chunk(context_of(now=LATER)):
        pass


async def percents(course: StoredCourse) -> dict[LearnerId, float]:
    grades = await course_grades([course.id], [ADA, BEA, CYD])
    return {learner_id: grade.percent for (_, learner_id), grade in grades.items()}


async def test_a_change_is_stored_at_once_and_regrades_exactly_who_has_a_grade(
    course: StoredCourse,
) -> None:
    change = await change_policy(context_of(now=LATER), course, wanted())

    assert change.course.content.policy.weight_sum == 1.0
    assert change.job is not None
    assert change.job.total == 2
    assert (await present_courses([COURSE]))[COURSE].content == change.course.content
    assert await percents(course) == {ADA: 0.6, BEA: 0.2}

    await run_all()

    (job,) = (await jobs([change.job.id])).values()
    assert (job.state, job.processed, job.saved) == (JobState.COMPLETED, 2, 2)
    assert await percents(course) == {ADA: 0.5, BEA: 0.25}
    assert await fetch("select distinct cause from grade_event where version = 2") == [
        ("GRADING_POLICY_CHANGED",)
    ]
    assert await broken_rules() == []


async def test_there_and_back_gives_the_same_grades(course: StoredCourse) -> None:
    before = await course_grades([course.id], [ADA, BEA])

    await change_policy(context_of(now=LATER), course, wanted())
    await run_all()
    await change_policy(context_of(now=LATER), course, wanted(0.4, 0.6))
    await run_all()

    after = await course_grades([course.id], [ADA, BEA])
    assert {key: one.unrounded.hex() for key, one in after.items()} == {
        key: one.unrounded.hex() for key, one in before.items()
    }


async def test_the_same_policy_again_is_no_news(course: StoredCourse) -> None:
    await change_policy(context_of(now=LATER), course, wanted())
    await run_all()
    before = await stored_rows()

    again = await change_policy(context_of(now=LATER), course, wanted())

    assert again.job is None
    assert await stored_rows() == before


async def test_a_preview_tells_what_would_change_and_stores_nothing(course: StoredCourse) -> None:
    before = await stored_rows()

    change = await preview_policy(context_of(), course, wanted(cutoffs={"A": 0.9, "C": 0.55}))

    assert change.effect is not None
    assert change.effect.counts == EffectOnGrades(learners=2, percents=2, letters=1, passes=1)
    shown, other = change.effect.shown
    assert (other.before.learner_id, other.after.percent) == (BEA, 0.25)
    assert shown.before.learner_id == ADA
    assert (shown.before.letter_grade, shown.after.letter_grade) == ("C", None)
    assert (shown.before.percent, shown.after.percent) == (0.6, 0.5)
    assert change.effect.failed == 0
    assert await stored_rows() == before


async def test_a_preview_foretells_exactly_what_the_change_does(course: StoredCourse) -> None:
    foretold = await preview_policy(context_of(), course, wanted(0.2, 0.7))
    await change_policy(context_of(now=LATER), course, wanted(0.2, 0.7))
    await run_all()

    assert foretold.effect is not None
    for one in foretold.effect.shown:
        stored = (await course_grades([course.id], [one.after.learner_id])).popitem()[1]
        assert stored.unrounded.hex() == one.after.unrounded.hex()
        assert (stored.percent, stored.letter_grade) == (one.after.percent, one.after.letter_grade)


async def test_an_invalid_policy_is_refused_with_all_its_faults_and_changes_nothing(
    course: StoredCourse,
) -> None:
    before = await stored_rows()
    rows = [
        AssignmentTypeRow("Homework", None, float("nan"), 0, 0),
    ]

    for attempt in (change_policy, preview_policy):
        with pytest.raises(InvalidGradingPolicy) as refused:
            await attempt(context_of(), course, WantedPolicy(rows, {"A": 2e9}))
        assert len(refused.value.faults) == 2

    assert await stored_rows() == before


async def test_who_saw_another_policy_is_told_so(course: StoredCourse) -> None:
    seen = course.content.policy.hash
    await change_policy(context_of(now=LATER), course, wanted(), if_hash=seen)
    before = await stored_rows()

    with pytest.raises(PolicyConflict) as conflict:
        await change_policy(context_of(now=LATER), course, wanted(0.3, 0.7), if_hash=seen)

    assert (conflict.value.code, conflict.value.field) == ("VERSION_CONFLICT", ("ifHash",))
    assert await stored_rows() == before


async def test_what_the_rows_do_not_say_stays_as_it_was(database: str) -> None:
    policy = policy_of(
        {
            "GRADER": [
                {
                    "type": "Exam",
                    "category": "Finals",
                    "min_count": 1,
                    "drop_count": 0,
                    "weight": 1,
                    "short_label": "Ex",
                }
            ],
            "GRADE_CUTOFFS": LETTERS,
            "of_our_own": 1,
        }
    )
    course = await publish_content(content_of(grading_policy=policy))

    change = await change_policy(
        context_of(),
        course,
        WantedPolicy([AssignmentTypeRow("Exam", None, 0.5, 1, 0)], LETTERS),
    )

    (kind,) = change.course.content.policy.assignment_types
    assert (kind.category, kind.short_label, kind.weight) == ("Finals", "Exam", 0.5)
    assert '"of_our_own"' in change.course.content.policy.source


async def test_without_the_right_nothing_is_changed_or_shown(course: StoredCourse) -> None:
    before = await stored_rows()

    for viewer, refusal in ((ANONYMOUS, CourseNotFound), (LEARNER, Forbidden)):
        for attempt in (change_policy, preview_policy):
            with pytest.raises(refusal):
                await attempt(context_of(viewer), course, wanted())

    assert await stored_rows() == before


async def test_who_was_graded_while_the_policy_changed_is_regraded_as_well(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if Bea's first score had been committed behind the change's back.
    async def only_ada(course_id: int) -> list[LearnerId]:
        return [ADA]

    monkeypatch.setattr(grading_policy, "all_graded_ids", only_ada)
    change = await change_policy(context_of(now=LATER), course, wanted())
    await run_all()

    assert change.job is not None
    (job,) = (await jobs([change.job.id])).values()
    assert (job.state, job.total, job.processed) == (JobState.COMPLETED, 2, 2)
    assert await percents(course) == {ADA: 0.5, BEA: 0.25}


async def test_who_cannot_be_regraded_is_not_tried_for_ever(course: StoredCourse) -> None:
    await execute(
        "update problem_score set earned = 1e12, possible = 1e-300 where learner_id = $1", ADA
    )

    change = await change_policy(context_of(now=LATER), course, wanted())
    await run_all()

    assert change.job is not None
    (job,) = (await jobs([change.job.id])).values()
    assert (job.state, job.processed, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 2, 1)


async def test_a_frozen_course_keeps_its_policy(course: StoredCourse) -> None:
    structure = replace(course.content.structure, end=NOW - timedelta(days=40))
    ended = await publish_content(replace(course.content, structure=structure, version="ended"))
    before = await stored_rows()

    with pytest.raises(GradesFrozen):
        await change_policy(context_of(freeze_after=timedelta(days=30)), ended, wanted())

    assert await stored_rows() == before
