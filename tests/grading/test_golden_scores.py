"""Scores, totals and roundings against Open edX's, table for table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from grading import (
    Problem,
    ProblemScore,
    RecordedScore,
    ScoreOutOfRange,
    SubsectionGrade,
    SubsectionGradeOverride,
    Total,
    VisibleBlock,
    is_higher_or_equal,
    is_to_be_stored,
    percent,
    policy_of,
    problem_score,
    subsection_grade,
    weighted,
)
from grading.rounding import course_percent, round_away_from_zero
from tests.grading.courses import block, subsection_key
from tests.shared_material import golden

pytestmark = pytest.mark.shared

SCORES = golden("scores.json")


def test_no_table_is_left_out() -> None:
    assert {name: len(rows) for name, rows in SCORES.items() if name != "format"} == {
        "weighted_score": 41,
        "compute_percent": 66,
        "round_away_from_zero": 10,
        "course_percent": 66,
        "letter_and_passed": 65,
        "is_score_higher_or_equal": 5,
        "problem_score": 43,
        "aggregate": 45,
        "override_application": 6,
    }


@pytest.mark.parametrize("row", SCORES["weighted_score"])
def test_weighting(row: dict[str, Any]) -> None:
    arguments = (row["raw_earned"], row["raw_possible"], row["weight"])
    if "error" in row["expected"]:
        with pytest.raises(ScoreOutOfRange):
            weighted(*arguments)
    else:
        assert weighted(*arguments) == (row["expected"]["earned"], row["expected"]["possible"])


@pytest.mark.parametrize("row", SCORES["compute_percent"])
def test_the_percent_of_a_subsection_in_both_eras(row: dict[str, Any]) -> None:
    assert percent(row["earned"], row["possible"], 4) == row["expected"]
    assert percent(row["earned"], row["possible"], 2) == row["expected_2dp"]


@pytest.mark.parametrize("row", SCORES["round_away_from_zero"])
def test_rounding_away_from_zero(row: dict[str, Any]) -> None:
    assert round_away_from_zero(row["number"], row["digits"]) == row["expected"]


@pytest.mark.parametrize("row", SCORES["course_percent"])
def test_the_percent_of_a_course(row: dict[str, Any]) -> None:
    assert course_percent(row["grader_percent"]) == row["expected"]


# Ours stores whether a grade passed (decision 1.8); passed_after_store is Open edX's defect.
@pytest.mark.parametrize("row", SCORES["letter_and_passed"])
def test_letter_and_pass(row: dict[str, Any]) -> None:
    read = policy_of({"GRADER": [], "GRADE_CUTOFFS": row["cutoffs"]})

    assert read.letter_grade(row["percent"]) == row["letter_grade"]
    assert read.passes(row["percent"]) is row["passed"]


# Only the mode in which nothing possible counts as zero exists here: the strict one divides by
# zero, and refusing a score out of zero is not what onlyIfHigher asks for.
@pytest.mark.parametrize("row", SCORES["is_score_higher_or_equal"])
def test_which_of_two_scores_is_higher(row: dict[str, Any]) -> None:
    higher = is_higher_or_equal(
        row["new_earned"],
        row["new_possible"],
        than_earned=row["old_earned"],
        than_possible=row["old_possible"],
    )

    assert higher is row["treat_undefined_as_zero"]


@pytest.mark.parametrize("row", SCORES["problem_score"])
def test_the_score_of_a_problem(row: dict[str, Any]) -> None:
    assert score_row(scored(row["block"])) == row["expected"]


@pytest.mark.parametrize("row", SCORES["aggregate"])
def test_the_totals_of_a_subsection(row: dict[str, Any]) -> None:
    expected = row["expected"]
    scores = [score for each in row["blocks"] if (score := scored(each)) is not None]

    grade = subsection_grade(subsection_key("s"), scores)

    assert len(scores) == expected["scored_blocks"]
    assert total_row(grade.all_total) == expected["all"]
    assert total_row(grade.graded_total) == expected["graded"]
    assert grade.attempted is expected["attempted"]
    assert (grade.graded_total.first_attempted_at is not None) is expected["attempted_graded"]
    assert grade.graded_total.percent(4) == expected["percent_graded"]
    assert grade.graded_total.percent(2) == expected["percent_graded_2dp"]
    assert is_to_be_stored(grade) is expected["persisted_without_force"]


@pytest.mark.parametrize("row", SCORES["override_application"])
def test_the_effect_of_an_override(row: dict[str, Any]) -> None:
    stored, given, expected = row["stored"], row["override"], row["expected"]
    grade = SubsectionGrade(
        subsection_key("s"),
        Total(stored["earned_all"], stored["possible_all"]),
        Total(stored["earned_graded"], stored["possible_graded"]),
        override=None if given is None else override_of(given),
    )

    assert {
        "earned_all": grade.all_total.earned,
        "possible_all": grade.all_total.possible,
        "earned_graded": grade.graded_total.earned,
        "possible_graded": grade.graded_total.possible,
        "percent_graded": grade.graded_total.percent(4),
    } == expected


def scored(row: Mapping[str, Any]) -> ProblemScore | None:
    """Score a golden block: what has a submission is an open response assessment here."""
    content, submission, csm, kept = (
        row[name] for name in ("content", "submission", "csm", "persisted")
    )
    recorded = None
    if submission is not None:
        created_at = moment(submission["created_at"])
        recorded = RecordedScore(
            submission["points_earned"], submission["points_possible"], created_at, created_at
        )
    elif csm is not None:
        created = moment(csm["created"])
        recorded = RecordedScore(csm["grade"], csm["max_grade"], created, created)
    key = block("openassessment" if submission else "problem", row["id"])
    return problem_score(
        Problem(
            key,
            weight=content["weight"],
            max_score=content["max_score"],
            graded=content["explicit_graded"],
        ),
        recorded,
        kept and VisibleBlock(key, kept["weight"], kept["raw_possible"], kept["graded"]),
    )


def score_row(score: ProblemScore | None) -> dict[str, Any] | None:
    """Return a problem's score in the golden file's form."""
    if score is None:
        return None
    return {
        "raw_earned": score.raw_earned,
        "raw_possible": score.raw_possible,
        "earned": score.earned,
        "possible": score.possible,
        "weight": score.weight,
        "graded": score.graded,
        "first_attempted": written(score.first_attempted_at),
    }


def total_row(points: Total) -> dict[str, Any]:
    """Return a total in the golden file's form."""
    return {
        "earned": points.earned,
        "possible": points.possible,
        "first_attempted": written(points.first_attempted_at),
    }


def override_of(row: Mapping[str, float | None]) -> SubsectionGradeOverride:
    return SubsectionGradeOverride(
        earned_all=row["earned_all_override"],
        possible_all=row["possible_all_override"],
        earned_graded=row["earned_graded_override"],
        possible_graded=row["possible_graded_override"],
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
