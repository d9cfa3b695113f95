"""Course grades against 368 that Open edX's own grader computed, in both of its eras."""

import json
from typing import Any

import pytest

from grading import Algorithm, InvalidGradingPolicy, parse_policy, policy_of
from tests.grading.golden_course import category_rows, computed, section_rows
from tests.shared_material import golden

pytestmark = pytest.mark.shared

CASES = golden("policies.json")["cases"]
GRADED = [pytest.param(case, id=case["id"]) for case in CASES if not case["expected"]["error"]]
REFUSED = [pytest.param(case, id=case["id"]) for case in CASES if case["expected"]["error"]]


def test_there_are_all_368_cases() -> None:
    assert len(CASES) == 368
    assert len({case["id"] for case in CASES}) == 368
    assert (len(GRADED), len(REFUSED)) == (362, 6)


@pytest.mark.parametrize("case", GRADED)
def test_todays_grade_and_breakdown_are_open_edxs(case: dict[str, Any]) -> None:
    expected = case["expected"]

    computation = computed(case["subsections"], policy_of(case["policy"]), Algorithm.EDX_2024)

    assert computation.unrounded == expected["grader_percent"]
    assert computation.percent == expected["percent"]
    assert computation.letter_grade == expected["letter_grade"]
    assert computation.passed is expected["passed"]
    assert section_rows(computation, Algorithm.EDX_2024) == expected["section_breakdown"]
    assert category_rows(computation) == expected["grade_breakdown"]


@pytest.mark.parametrize("case", GRADED)
def test_the_grade_of_2022_is_open_edxs(case: dict[str, Any]) -> None:
    expected = case["expected_2dp"]

    computation = computed(case["subsections"], policy_of(case["policy"]), Algorithm.EDX_2022)

    assert computation.unrounded == expected["grader_percent"]
    assert computation.percent == expected["percent"]
    assert computation.letter_grade == expected["letter_grade"]
    assert computation.passed is expected["passed"]


@pytest.mark.parametrize("case", GRADED)
def test_a_policy_that_went_through_its_own_text_grades_the_same(case: dict[str, Any]) -> None:
    read = policy_of(case["policy"])

    assert parse_policy(read.source) == read


# Open edX raises when it reads such a policy, or only when it grades the first learner; ours is
# refused when it is published, in either case (decision 1.11).
@pytest.mark.parametrize("case", REFUSED)
def test_a_policy_that_open_edx_cannot_grade_with_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidGradingPolicy):
        parse_policy(json.dumps(case["policy"]))
