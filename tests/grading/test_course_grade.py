"""Course grades: zero, revised, passed, stale, stored."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from grading import (
    Algorithm,
    Computation,
    CourseContent,
    CourseGrade,
    LearnerId,
    PassingStatus,
    Staleness,
    compute,
    revised_course_grade,
    zero_course_grade,
)
from tests.grading.courses import (
    COURSE,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    assignment_type,
    content_of,
    grade_of,
    grades_of,
    policy,
    subsection,
)

CONTENT = content_of([subsection("s", "Exam")], policy(assignment_type("Exam")))
ZERO = zero_course_grade(CONTENT, LearnerId(7))


def outcome(earned: float) -> Computation:
    return compute(CONTENT, grades_of([grade_of("s", earned)]))


def graded(earned: float, *, at: datetime = MONDAY, after: CourseGrade = ZERO) -> CourseGrade:
    return revised_course_grade(after, outcome(earned), CONTENT, now=at)


def test_a_learner_without_a_stored_grade_has_the_zero_grade() -> None:
    assert (
        CourseGrade(
            course_key=COURSE,
            learner_id=LearnerId(7),
            percent=0.0,
            unrounded=0.0,
            letter_grade=None,
            passed=False,
            passed_at=None,
            algorithm=Algorithm.EDX_2024,
            grading_policy_hash=CONTENT.policy.hash,
            course_version=CONTENT.version,
            version=0,
            last_updated=None,
        )
        == ZERO
    )
    assert (ZERO.persisted, ZERO.attempted) == (False, False)
    assert ZERO.passing_status is PassingStatus.NOT_ATTEMPTED
    assert ZERO.staleness(CONTENT) == ()


def test_the_zero_grade_has_no_letter_even_under_a_cutoff_of_zero() -> None:
    content = content_of(CONTENT.structure, policy(assignment_type("Exam"), cutoffs={"F": 0}))

    assert zero_course_grade(content, LearnerId(7)).letter_grade is None
    assert compute(content, {}).letter_grade == "F"


def test_a_first_computation_becomes_version_one() -> None:
    grade = graded(0.756)

    assert grade == replace(
        ZERO,
        percent=0.76,
        unrounded=0.756,
        letter_grade="Pass",
        passed=True,
        passed_at=MONDAY,
        version=1,
        last_updated=MONDAY,
    )
    assert grade.passing_status is PassingStatus.PASSING
    assert (grade.persisted, grade.attempted) == (True, True)


def test_a_first_computation_of_nothing_is_a_stored_zero_and_failing() -> None:
    grade = graded(0.0)

    assert (grade.version, grade.last_updated, grade.percent) == (1, MONDAY, 0.0)
    assert grade.passing_status is PassingStatus.FAILING


def test_the_same_outcome_leaves_the_grade_as_it_is() -> None:
    first = graded(0.756)

    assert graded(0.756, at=TUESDAY, after=first) == first


def test_an_outcome_that_differs_only_before_rounding_is_a_new_version() -> None:
    first = graded(0.756)

    second = graded(0.757, at=TUESDAY, after=first)

    assert (second.percent, second.version, second.last_updated) == (0.76, 2, TUESDAY)


def test_the_first_pass_is_remembered_through_a_fail_and_another_pass() -> None:
    passed = graded(0.5, at=TUESDAY, after=graded(0.2))
    failed = graded(0.1, at=WEDNESDAY, after=passed)
    again = graded(0.9, at=WEDNESDAY + timedelta(days=1), after=failed)

    assert [grade.passed_at for grade in (passed, failed, again)] == [TUESDAY] * 3
    assert [grade.passed for grade in (passed, failed, again)] == [True, False, True]
    assert [grade.version for grade in (passed, failed, again)] == [2, 3, 4]


def test_content_that_leads_to_the_same_value_is_noted_without_a_new_version() -> None:
    first = graded(0.75)
    renamed = content_of([subsection("s", "Exam", problems=2)], CONTENT.policy)

    noted = revised_course_grade(first, outcome(0.75), renamed, now=TUESDAY)

    assert noted == replace(first, course_version=renamed.version)
    assert noted != first
    assert noted.staleness(renamed) == ()


def test_a_grade_of_the_present_content_is_not_stale() -> None:
    assert graded(0.5).staleness(CONTENT) == ()


@pytest.mark.parametrize(
    ("present", "reasons"),
    [
        pytest.param(
            content_of(CONTENT.structure, policy(assignment_type("Exam", 0.5))),
            (Staleness.GRADING_POLICY_CHANGED,),
            id="policy",
        ),
        pytest.param(
            content_of(CONTENT.structure, CONTENT.policy, Algorithm.EDX_2022),
            (Staleness.GRADING_POLICY_CHANGED,),
            id="algorithm",
        ),
        pytest.param(
            content_of([subsection("s", "Exam", problems=2)], CONTENT.policy),
            (Staleness.COURSE_CONTENT_CHANGED,),
            id="content",
        ),
        pytest.param(
            content_of([subsection("s", "Exam", problems=2)], policy(assignment_type("Exam", 0.5))),
            (Staleness.GRADING_POLICY_CHANGED, Staleness.COURSE_CONTENT_CHANGED),
            id="both",
        ),
    ],
)
def test_a_grade_of_other_content_says_what_changed(
    present: CourseContent, reasons: tuple[Staleness, ...]
) -> None:
    assert graded(0.5).staleness(present, CONTENT) == reasons
    assert graded(0.5).staleness(present) == reasons[:1]
