"""Explanations: the numbers of a computation, and the sentences about them."""

from grading import Algorithm, GradeCutoff, compute, explain
from tests.grading.courses import (
    assignment_type,
    content_of,
    grade_of,
    grades_of,
    policy,
    subsection,
)

POLICY = policy(
    assignment_type("Homework", 0.4, min_count=4, drop_count=1),
    assignment_type("Exam", 0.6),
    cutoffs={"A": 0.9, "B": 0.55},
)
CONTENT = content_of(
    [subsection("h1", "Homework"), subsection("h2", "Homework"), subsection("e", "Exam")], POLICY
)
GRADES = grades_of([grade_of("h1", 1.0), grade_of("h2", 1.0, 3.0), grade_of("e", 1.5, 2.0)])


def test_a_grade_is_explained_from_points_to_pass() -> None:
    explanation = explain(compute(CONTENT, GRADES), CONTENT)

    homework, exam = explanation.assignment_types
    assert homework.text == (
        "Homework: average 0.444433 (2 counted, 2 not yet released and zero, 1 dropped) "
        "x weight 0.4 = 0.177773"
    )
    assert exam.text == "Exam: average 0.75 (1 counted) x weight 0.6 = 0.45"
    assert explanation.sum_text == "0.177773 + 0.45 = 0.627773"
    assert explanation.rounding_text == ("62.7773 % + 0.05 %, rounded to a whole percent, is 63 %.")
    assert explanation.verdict_text == "63 % reaches B (from 55 %); it passes (from 55 %)."
    assert explanation.cutoff == GradeCutoff("B", 0.55)
    assert (explanation.passing_threshold, explanation.passed) == (0.55, True)
    assert explanation.algorithm is Algorithm.EDX_2024


def test_every_subsection_and_placeholder_is_shown_even_where_the_breakdown_hides_them() -> None:
    hidden = policy(
        assignment_type("Homework", min_count=2, drop_count=1) | {"show_only_average": True}
    )
    content = content_of([subsection("h1", "Homework")], hidden)

    (homework,) = explain(compute(content, {}), content).assignment_types

    assert [(entry.label, entry.detail, entry.dropped) for entry in homework.entries] == [
        ("Homework 01", "Homework 1 - h1 - 0.00% (0/1)", False),
        ("Homework 02", "Homework 2 Unreleased - 0% (?/?)", True),
    ]


def test_a_grade_below_every_cutoff_is_said_not_to_pass() -> None:
    explanation = explain(compute(CONTENT, {}), CONTENT)

    assert explanation.cutoff is None
    assert explanation.verdict_text == ("0 % reaches no cutoff; it does not pass (from 55 %).")


def test_a_letter_may_be_reached_without_a_pass() -> None:
    content = content_of(CONTENT.structure, policy(assignment_type("Exam"), cutoffs={"F": 0}))

    assert explain(compute(content, GRADES), content).verdict_text == (
        "75 % reaches F (from 0 %); nothing can be passed, since no cutoff is above zero."
    )


def test_a_policy_without_assignment_types_explains_a_zero() -> None:
    content = content_of(CONTENT.structure, policy())

    explanation = explain(compute(content, GRADES), content)

    assert explanation.assignment_types == ()
    assert explanation.sum_text == "= 0"
