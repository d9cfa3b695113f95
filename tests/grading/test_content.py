"""Course content: its views, its version, and the grade of a subsection under it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from grading import (
    Algorithm,
    CourseStructure,
    Problem,
    Section,
    Subsection,
    Total,
    VisibleBlock,
    content_version,
    policy_of,
    visible_blocks_digest,
)
from tests.grading.courses import (
    COURSE,
    MONDAY,
    TUESDAY,
    assignment_type,
    block,
    content_of,
    policy,
    problem,
    score,
    structure_of,
    subsection,
    subsection_key,
)

HOMEWORK = policy(assignment_type("Homework"))


def test_content_finds_sections_subsections_and_problems() -> None:
    shared = problem("shared")
    first = Subsection(subsection_key("a"), format="Homework", graded=True, problems=(shared,))
    second = Subsection(subsection_key("b"), problems=(problem("own"), shared, shared))
    one = Section(block("chapter", "one"), "One", (first,))
    two = Section(block("chapter", "two"), "Two", (first, second))
    content = content_of(CourseStructure(COURSE, None, None, None, (one, two)), HOMEWORK)

    assert content.course_key == COURSE
    assert list(content.subsections.values()) == [first, second]
    assert content.sections == {first.usage_key: one, second.usage_key: two}
    assert list(content.problems) == [shared.usage_key, block("problem", "own")]
    assert content.subsections_of_problem == {
        shared.usage_key: [first, second],
        block("problem", "own"): [second],
    }


def test_a_subsection_adds_up_its_weighted_problems() -> None:
    problems = (
        problem("p", weight=10.0),
        problem("q"),
        Problem(block("problem", "ungraded"), graded=False),
        problem("unknowable", max_score=None),
        problem("worthless", weight=0.0),
    )
    each = Subsection(subsection_key("s"), format="Homework", graded=True, problems=problems)
    content = content_of([each], HOMEWORK)

    grade = content.subsection_grade(each, {block("problem", "p"): score(1.0, 4.0)})

    assert grade.computed_all_total == Total(2.5, 12.0, MONDAY)
    assert grade.computed_graded_total == Total(2.5, 11.0, MONDAY)
    assert grade.course_version == content.version
    assert (grade.version, grade.last_updated) == (0, None)
    assert grade.visible_blocks_hash == visible_blocks_digest(
        COURSE,
        [
            VisibleBlock(block("problem", "p"), 10.0, 4.0, graded=True),
            VisibleBlock(block("problem", "q"), None, 1.0, graded=True),
            VisibleBlock(block("problem", "ungraded"), None, 1.0, graded=False),
            VisibleBlock(block("problem", "worthless"), 0.0, 1.0, graded=False),
        ],
    )


def test_a_cleared_score_leaves_no_attempt_and_keeps_what_was_possible() -> None:
    each = subsection("s", "Homework")
    content = content_of([each], HOMEWORK)

    grade = content.subsection_grade(each, {block("problem", "s_1"): score(None, 4.0)})

    assert grade.computed_all_total == Total(0.0, 4.0, None)
    assert not grade.attempted


@pytest.mark.parametrize(
    ("earned", "possible", "total"),
    [
        (3.0, 5.0, Total(3.0, 5.0, TUESDAY)),
        (0.0, 5.0, Total(0.0, 5.0, TUESDAY)),
        (None, 5.0, Total(0.0, 2.0, None)),
        (0.0, 0.0, Total(0.0, 2.0, None)),
        (0.0, None, Total(0.0, 2.0, None)),
    ],
)
def test_the_points_of_an_open_response_are_final_and_out_of_more_than_zero(
    earned: float | None, possible: float | None, total: Total
) -> None:
    essay = Problem(block("openassessment", "essay"), weight=2.0, max_score=10.0)
    each = Subsection(subsection_key("s"), format="Homework", graded=True, problems=(essay,))
    content = content_of([each], HOMEWORK)

    grade = content.subsection_grade(each, {essay.usage_key: score(earned, possible)})

    assert grade.computed_graded_total == total


def test_a_subsection_that_nobody_touched_has_its_zero_grade() -> None:
    content = content_of([subsection("s", "Homework", problems=3)], HOMEWORK)

    assert content.zero_grades[subsection_key("s")].graded_total == Total(0.0, 3.0, None)


def test_the_remembered_hashes_do_not_grow_without_end() -> None:
    each = subsection("s", "Homework")
    content = content_of([each], HOMEWORK)

    for possible in range(1, 10_100):
        content.subsection_grade(each, {block("problem", "s_1"): score(0.0, float(possible))})

    assert len(content._hashes) <= 10_000


def test_equal_content_has_an_equal_version_and_other_content_another() -> None:
    structure = structure_of([subsection("s", "Homework")])
    again = structure_of([subsection("s", "Homework")])
    others = {
        content_version(structure, HOMEWORK, Algorithm.EDX_2022),
        content_version(structure, policy(assignment_type("Homework", 0.9)), Algorithm.EDX_2024),
        content_version(structure, policy(cutoffs={"A": 1}), Algorithm.EDX_2024),
        *(
            content_version(other, HOMEWORK, Algorithm.EDX_2024)
            for other in (
                structure_of([subsection("s", "Homework", problems=2)]),
                structure_of([subsection("s", "Homework", graded=False)]),
                replace(structure, end=datetime(2024, 6, 1, tzinfo=UTC)),
                replace(structure, display_name="Renamed"),
            )
        ),
    }

    version = content_version(structure, HOMEWORK, Algorithm.EDX_2024)

    assert content_version(again, HOMEWORK, Algorithm.EDX_2024) == version
    assert len(others) == 7
    assert version not in others
    assert len(version) <= 40


def test_the_order_of_equal_cutoffs_is_part_of_a_version() -> None:
    structure = structure_of([])
    one, other = (
        policy_of({"GRADER": [], "GRADE_CUTOFFS": cutoffs})
        for cutoffs in ({"A": 0.5, "B": 0.5}, {"B": 0.5, "A": 0.5})
    )

    assert one.hash == other.hash
    assert content_version(structure, one, Algorithm.EDX_2024) != content_version(
        structure, other, Algorithm.EDX_2024
    )
