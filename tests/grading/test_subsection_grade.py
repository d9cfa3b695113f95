"""Subsection grades: totals, overrides, and what a stored grade keeps."""

import pytest

from grading import SubsectionGrade, SubsectionGradeOverride, Total, is_to_be_stored, revised
from tests.grading.courses import MONDAY, TUESDAY, WEDNESDAY, grade_of, subsection_key

STORED = SubsectionGrade(
    subsection_key("s"),
    Total(2.0, 4.0, MONDAY),
    Total(1.0, 3.0, MONDAY),
    version=5,
    last_updated=TUESDAY,
    visible_blocks_hash="old",
    course_version="old",
)
COMPUTED = SubsectionGrade(
    subsection_key("s"),
    Total(3.0, 5.0, WEDNESDAY),
    Total(2.0, 4.0, None),
    visible_blocks_hash="new",
    course_version="new",
)


def test_an_override_replaces_what_it_names_and_the_rest_follows_the_work() -> None:
    grade = COMPUTED._replace(override=SubsectionGradeOverride(earned_all=0.0, earned_graded=0.5))

    assert grade.all_total == Total(0.0, 5.0, WEDNESDAY)
    assert grade.graded_total == Total(0.5, 4.0, None)
    assert (grade.computed_all_total, grade.computed_graded_total) == (
        COMPUTED.computed_all_total,
        COMPUTED.computed_graded_total,
    )


def test_a_first_computation_is_kept_as_it_is() -> None:
    assert revised(None, COMPUTED) == COMPUTED


def test_a_stored_grade_keeps_its_first_attempt_override_and_version() -> None:
    override = SubsectionGradeOverride(earned_graded=9.0)

    grade = revised(STORED._replace(override=override), COMPUTED)

    assert grade == SubsectionGrade(
        subsection_key("s"),
        Total(3.0, 5.0, MONDAY),
        Total(2.0, 4.0, MONDAY),
        override=override,
        visible_blocks_hash="new",
        course_version="new",
        version=5,
        last_updated=TUESDAY,
    )


def test_a_first_attempt_outlives_the_score_that_made_it() -> None:
    assert revised(STORED, grade_of("s", 0.0, attempted=False)).first_attempted_at == MONDAY


def test_a_stored_grade_without_an_attempt_takes_the_first_one() -> None:
    untouched = STORED._replace(
        computed_all_total=Total(0.0, 4.0), computed_graded_total=Total(0.0, 3.0)
    )

    grade = revised(untouched, COMPUTED)

    assert grade.first_attempted_at == WEDNESDAY
    assert grade.graded_total.first_attempted_at == WEDNESDAY


@pytest.mark.parametrize(
    ("grade", "score_deleted", "to_be_stored"),
    [
        pytest.param(grade_of("s", 0.0, attempted=False), False, False, id="nothing done"),
        pytest.param(grade_of("s", 0.0, attempted=False), True, True, id="score deleted"),
        pytest.param(grade_of("s", 0.0), False, True, id="attempted"),
        pytest.param(STORED, False, True, id="stored before"),
        pytest.param(
            grade_of("s", 0.0, attempted=False)._replace(
                override=SubsectionGradeOverride(earned_graded=1.0),
            ),
            False,
            True,
            id="overridden",
        ),
    ],
)
def test_a_row_is_for_whoever_did_something(
    grade: SubsectionGrade, score_deleted: bool, to_be_stored: bool
) -> None:
    assert is_to_be_stored(grade, score_deleted=score_deleted) is to_be_stored
