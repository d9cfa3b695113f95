"""Breakdowns and labels, on examples that need no golden file."""

from grading import Algorithm, Total, compute, section_breakdown, section_total, short_labels
from tests.grading.courses import (
    assignment_type,
    content_of,
    grade_of,
    grades_of,
    policy,
    subsection,
    subsection_key,
)


def test_a_breakdown_counts_from_the_starting_index_and_marks_what_is_dropped() -> None:
    read = policy(
        assignment_type("Homework", min_count=3, drop_count=1)
        | {"short_label": "HW", "starting_index": 0}
    )
    content = content_of([subsection("a", "Homework"), subsection("b", "Homework")], read)
    grades = grades_of([grade_of("a", 1240.0, 2000.0), grade_of("b", 1.0, 4.0)])

    entries = section_breakdown(compute(content, grades), Algorithm.EDX_2024)

    assert [(entry.label, entry.detail, entry.dropped) for entry in entries] == [
        ("HW 00", "Homework 0 - a - 62.00% (1.24e+03/2e+03)", False),
        ("HW 01", "Homework 1 - b - 25.00% (1/4)", False),
        ("HW 02", "Homework 2 Unreleased - 0% (?/?)", True),
        ("HW Avg", "Homework Average = 43.50%", False),
    ]
    assert entries[2].mark == "The lowest 1 Homework scores are dropped."


def test_labels_are_those_of_the_breakdown_and_only_for_what_counts() -> None:
    read = policy(
        assignment_type("Homework", 0.5, min_count=3) | {"short_label": "HW"},
        assignment_type("Exam", 0.5) | {"short_label": "Final"},
    )
    content = content_of(
        [
            subsection("a", "Homework"),
            subsection("practice", "Homework", graded=False),
            subsection("b", "Homework"),
            subsection("e", "Exam"),
            subsection("survey", "Survey"),
        ],
        read,
    )

    assert short_labels(content) == {
        subsection_key("a"): "HW 01",
        subsection_key("b"): "HW 02",
        subsection_key("e"): "Final",
    }


def test_a_section_adds_up_the_graded_points_of_its_subsections() -> None:
    assert section_total([grade_of("a", 1.0, 2.0), grade_of("b", 2.5, 3.0)]) == Total(3.5, 5.0)
    assert section_total([]) == Total(0.0, 0.0)
