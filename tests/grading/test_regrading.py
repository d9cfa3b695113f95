"""One learner's regrade: what is computed, what is stored, and what is left alone."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from grading import (
    Algorithm,
    ComputationFailed,
    CourseContent,
    LearnerId,
    LearnerRecord,
    RecordedScore,
    Regraded,
    SubsectionGrade,
    SubsectionGradeOverride,
    Total,
    UsageKey,
    regrade,
    zero_course_grade,
)
from tests.grading.courses import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    assignment_type,
    block,
    content_of,
    grade_of,
    grades_of,
    policy,
    score,
    subsection,
    subsection_key,
)

LEARNER = LearnerId(7)
POLICY = policy(assignment_type("Homework"))
CONTENT = content_of([subsection("a", "Homework"), subsection("b", "Homework")], POLICY)
A, B = subsection_key("a"), subsection_key("b")
BOTH_RIGHT = {block("problem", "a_1"): score(1.0), block("problem", "b_1"): score(1.0)}


def regraded(
    record: LearnerRecord,
    recompute: Iterable[UsageKey],
    *,
    content: CourseContent = CONTENT,
    cleared: tuple[UsageKey, ...] = (),
    now: datetime = TUESDAY,
) -> Regraded:
    return regrade(content, LEARNER, record, recompute=recompute, cleared=cleared, now=now)


def stored(result: Regraded, scores: Mapping[UsageKey, RecordedScore]) -> LearnerRecord:
    return LearnerRecord(result.course_grade, result.subsection_grades, scores)


def test_a_first_score_makes_one_subsection_grade_and_one_course_grade() -> None:
    record = LearnerRecord(scores={block("problem", "a_1"): score(1.0)})

    result = regraded(record, [A, B])

    (grade,) = result.subsection_grades_to_store
    assert (grade.usage_key, grade.graded_total) == (A, Total(1.0, 1.0, MONDAY))
    assert (grade.version, grade.last_updated) == (1, TUESDAY)
    assert result.subsection_grades == {A: grade}
    assert result.course_grade_to_store == result.course_grade
    assert (result.course_grade.percent, result.course_grade.version) == (0.5, 1)


def test_nothing_is_stored_for_who_has_done_nothing() -> None:
    result = regraded(LearnerRecord(), [A, B])

    assert result == Regraded(zero_course_grade(CONTENT, LEARNER), {}, (), None)


def test_a_second_regrade_of_the_same_scores_stores_nothing() -> None:
    first = regraded(LearnerRecord(scores=BOTH_RIGHT), [A, B])

    second = regraded(stored(first, BOTH_RIGHT), [A, B], now=WEDNESDAY)

    assert second.subsection_grades_to_store == ()
    assert second.course_grade_to_store is None
    assert second.course_grade == first.course_grade


def test_subsections_that_are_not_recomputed_keep_their_stored_grades() -> None:
    first = regraded(LearnerRecord(scores=BOTH_RIGHT), [A])

    second = regraded(stored(first, BOTH_RIGHT), [])

    assert (first.course_grade.percent, second.course_grade.percent) == (0.5, 0.5)
    assert second.subsection_grades_to_store == ()


def test_a_subsection_named_twice_is_stored_once() -> None:
    result = regraded(LearnerRecord(scores=BOTH_RIGHT), [A, B, A])

    assert [grade.usage_key for grade in result.subsection_grades_to_store] == [A, B]


def test_a_changed_score_raises_the_versions_of_what_it_changed() -> None:
    first = regraded(LearnerRecord(scores=BOTH_RIGHT), [A, B])
    scores = BOTH_RIGHT | {block("problem", "a_1"): score(0.0)}

    second = regraded(stored(first, scores), [A, B], now=WEDNESDAY)

    (grade,) = second.subsection_grades_to_store
    assert (grade.usage_key, grade.version, grade.last_updated) == (A, 2, WEDNESDAY)
    assert (second.course_grade.version, second.course_grade.last_updated) == (2, WEDNESDAY)


def test_new_content_with_the_same_values_is_stored_without_a_new_version() -> None:
    first = regraded(LearnerRecord(scores=BOTH_RIGHT), [A, B])
    renamed = content_of(replace(CONTENT.structure, display_name="Renamed"), POLICY)

    second = regraded(stored(first, BOTH_RIGHT), [A, B], content=renamed, now=WEDNESDAY)

    assert second.subsection_grades_to_store == ()
    assert second.course_grade_to_store == replace(
        first.course_grade, course_version=renamed.version
    )


def test_subsections_are_stored_anew_for_an_algorithm_that_rounds_otherwise() -> None:
    first = regraded(LearnerRecord(scores=BOTH_RIGHT), [A, B])
    older = content_of(CONTENT.structure, POLICY, Algorithm.EDX_2022)

    second = regraded(stored(first, BOTH_RIGHT), [A, B], content=older, now=WEDNESDAY)

    assert [
        (grade.version, grade.last_updated, grade.course_version)
        for grade in second.subsection_grades_to_store
    ] == [(1, TUESDAY, older.version)] * 2


def test_a_score_taken_back_is_stored_as_a_zero_that_was_attempted() -> None:
    first = regraded(LearnerRecord(scores=BOTH_RIGHT), [A, B])
    scores = BOTH_RIGHT | {block("problem", "a_1"): score(None)}

    second = regraded(stored(first, scores), [A], cleared=(A,), now=WEDNESDAY)

    (grade,) = second.subsection_grades_to_store
    assert grade.graded_total == Total(0.0, 1.0, MONDAY)
    assert second.course_grade.percent == 0.5


def test_a_score_taken_back_before_anything_was_stored_makes_a_subsection_grade_alone() -> None:
    result = regraded(
        LearnerRecord(scores={block("problem", "a_1"): score(None)}), [A, B], cleared=(A,)
    )

    (grade,) = result.subsection_grades_to_store
    assert (grade.usage_key, grade.attempted, grade.version) == (A, False, 1)
    assert result.course_grade_to_store is None


def test_an_override_alone_is_enough_for_a_course_grade() -> None:
    overridden = grade_of("a", 0.0, attempted=False)._replace(
        override=SubsectionGradeOverride(earned_graded=1.0),
        version=1,
        last_updated=MONDAY,
    )

    result = regraded(LearnerRecord(subsection_grades=grades_of([overridden])), [])

    assert result.course_grade.percent == 0.5
    assert result.course_grade_to_store is not None


def test_a_grade_in_a_subsection_that_is_gone_makes_no_course_grade() -> None:
    gone = grade_of("gone", 1.0)._replace(version=1, last_updated=MONDAY)

    assert regraded(LearnerRecord(subsection_grades=grades_of([gone])), [A]).course_grade == (
        zero_course_grade(CONTENT, LEARNER)
    )


@pytest.mark.parametrize("points", [(1e308, 1e-300), (1e308, 5e-324), (1e305, 1.0)])
def test_scores_beyond_the_range_of_numbers_fail_the_computation(
    points: tuple[float, float],
) -> None:
    record = LearnerRecord(scores={block("problem", "a_1"): score(*points)})

    with pytest.raises(ComputationFailed, match="no finite number") as refusal:
        regraded(record, [A])

    assert refusal.value.code == "COMPUTATION_FAILED"


def test_grades_of_a_record_are_never_changed_in_place() -> None:
    kept: dict[UsageKey, SubsectionGrade] = {}
    record = LearnerRecord(subsection_grades=kept, scores=BOTH_RIGHT)

    regraded(record, [A, B])

    assert kept == {}
