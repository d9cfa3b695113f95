"""Oddities of a policy, given the course that it grades."""

from dataclasses import replace

import pytest

from grading import GradingPolicy, PolicyWarning, PolicyWarningCode, Subsection, policy_warnings
from tests.grading.courses import assignment_type, content_of, policy, problem, subsection


def warnings_of(read: GradingPolicy, *subsections: Subsection) -> tuple[PolicyWarning, ...]:
    return policy_warnings(content_of(subsections, read))


def test_a_plain_policy_has_no_oddity() -> None:
    read = policy(
        *(assignment_type(f"T{number}", 0.1, min_count=1) for number in range(10)),
    )

    assert (
        warnings_of(read, *(subsection(f"s{number}", f"T{number}") for number in range(10))) == ()
    )


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (0.7, "The weights add up to 0.7, not 1: no grade can exceed 70.00%."),
        (1.25, "The weights add up to 1.25, not 1: grades can exceed 100 %."),
    ],
)
def test_weights_that_do_not_sum_to_one(weight: float, message: str) -> None:
    read = policy(assignment_type("Homework", weight))

    assert warnings_of(read, subsection("s", "Homework")) == (
        PolicyWarning(PolicyWarningCode.WEIGHTS_DO_NOT_SUM_TO_ONE, message),
    )


@pytest.mark.parametrize("cutoffs", [{}, {"F": 0.0}])
def test_a_policy_under_which_nobody_can_pass(cutoffs: dict[str, float]) -> None:
    read = policy(assignment_type("Homework"), cutoffs=cutoffs)

    assert warnings_of(read, subsection("s", "Homework")) == (
        PolicyWarning(
            PolicyWarningCode.NO_PASSING_CUTOFF, "No cutoff is above zero: nobody can pass."
        ),
    )


def test_fewer_subsections_than_are_expected() -> None:
    read = policy(assignment_type("Homework", min_count=3))

    assert warnings_of(read, subsection("s", "Homework")) == (
        PolicyWarning(
            PolicyWarningCode.FEWER_SUBSECTIONS_THAN_MIN_COUNT,
            "'Homework' expects 3 subsections and has 1: the missing ones count as zero.",
            "Homework",
        ),
    )


@pytest.mark.parametrize("min_count", [0, 2])
def test_as_many_drops_as_there_are_subsections(min_count: int) -> None:
    read = policy(assignment_type("Homework", min_count=min_count, drop_count=2))

    assert warnings_of(read, subsection("a", "Homework"), subsection("b", "Homework")) == (
        PolicyWarning(
            PolicyWarningCode.DROP_COUNT_NOT_BELOW_COUNT,
            "'Homework' drops 2 of 2: nothing is left to count.",
            "Homework",
        ),
    )


@pytest.mark.parametrize(
    "other",
    [
        subsection("s", "Homework", graded=False),
        subsection("s", "homework", graded=False),
        replace(subsection("s", "Homework"), problems=(problem("p", weight=0.0),)),
    ],
)
def test_an_assignment_type_without_a_subsection_worth_points(other: Subsection) -> None:
    read = policy(assignment_type("Homework"))

    assert warnings_of(read, other) == (
        PolicyWarning(
            PolicyWarningCode.ASSIGNMENT_TYPE_WITHOUT_SUBSECTION,
            "No graded subsection worth points is a 'Homework': its 100.00% cannot be earned.",
            "Homework",
        ),
    )


def test_graded_subsections_of_a_type_that_the_policy_does_not_know() -> None:
    read = policy(assignment_type("Homework"))
    subsections = [
        subsection("a", "homework "),
        subsection("b", "Homework"),
        subsection("c", "homework "),
        subsection("d", "Survey", graded=False),
        subsection("e", ""),
    ]

    assert warnings_of(read, *subsections) == tuple(
        PolicyWarning(
            PolicyWarningCode.GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE,
            f"{count} graded subsection(s) are of type {name!r}, "
            "which the policy does not know: they do not count.",
            name,
        )
        for name, count in [("homework ", 2), ("", 1)]
    )


def test_oddities_come_in_order_the_whole_policy_first() -> None:
    read = policy(
        assignment_type("Lab", 0.5, min_count=2, drop_count=2),
        assignment_type("Exam", 0.1),
        cutoffs={},
    )

    found = warnings_of(read, subsection("a", "Lab"), subsection("b", "Quiz"))

    assert [(warning.code.value, warning.assignment_type) for warning in found] == [
        ("WEIGHTS_DO_NOT_SUM_TO_ONE", None),
        ("NO_PASSING_CUTOFF", None),
        ("FEWER_SUBSECTIONS_THAN_MIN_COUNT", "Lab"),
        ("DROP_COUNT_NOT_BELOW_COUNT", "Lab"),
        ("ASSIGNMENT_TYPE_WITHOUT_SUBSECTION", "Exam"),
        ("GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE", "Quiz"),
    ]
