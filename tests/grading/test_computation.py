"""The computation itself, on examples that need no golden file."""

import pytest

from grading import (
    Algorithm,
    CourseStructure,
    Section,
    compute,
    current_percent,
    grade_breakdown,
    section_breakdown,
)
from grading.computation import average_after_drops
from grading.rounding import course_percent, round_away_from_zero, round_half_even
from tests.grading.courses import (
    COURSE,
    assignment_type,
    block,
    content_of,
    grade_of,
    grades_of,
    policy,
    subsection,
    subsection_key,
)

HOMEWORK = policy(assignment_type("Homework"))


def test_an_average_adds_from_left_to_right_without_compensation() -> None:
    # Python 3.12 and later make sum() answer 0.5 here; Open edX's figures need 0.
    assert average_after_drops([1.0, 1e100, 1.0, -1e100], 0) == (0.0, frozenset())


@pytest.mark.parametrize(
    ("percents", "drop_count", "average", "dropped"),
    [
        ([0.3, 0.5, 0.3, 0.5, 0.3], 2, (0.3 + 0.5 + 0.5) / 3, {2, 4}),
        ([0.0, 1.0, 0.0], 1, 0.5, {2}),
        ([1.0, 1.0], -1, 2 / 3, set()),
        ([0.4], 1, 0.0, {0}),
        ([0.4], 5, 0.0, {0}),
        ([], 0, 0.0, set()),
        ([], 2, 0.0, set()),
    ],
)
def test_the_lowest_are_dropped_and_of_equal_ones_the_last(
    percents: list[float], drop_count: int, average: float, dropped: set[int]
) -> None:
    assert average_after_drops(percents, drop_count) == (average, frozenset(dropped))


@pytest.mark.parametrize(
    ("unrounded", "percent"),
    [(0.4944, 0.49), (0.4945, 0.5), (0.495, 0.5), (0.0745, 0.07), (1.2, 1.2), (-0.3, -0.3)],
)
def test_a_course_percent_is_whole_and_a_twentieth_generous(
    unrounded: float, percent: float
) -> None:
    assert course_percent(unrounded) == percent


def test_the_two_roundings_differ_at_halves() -> None:
    assert [round_half_even(value, 0) for value in (0.5, 1.5, 2.5, -0.5)] == [0, 2, 2, 0]
    assert [round_away_from_zero(value) for value in (0.5, 1.5, 2.5, -0.5)] == [1, 2, 3, -1]
    assert (round_half_even(1 / 32, 4), round_half_even(3 / 32, 4)) == (0.0312, 0.0938)


@pytest.mark.parametrize(
    ("algorithm", "unrounded", "detail"),
    [
        (Algorithm.EDX_2024, 0.3333, "Homework = 33.33%"),
        (Algorithm.EDX_2022, 0.33, "Homework = 33%"),
    ],
)
def test_the_two_eras_round_a_subsection_differently(
    algorithm: Algorithm, unrounded: float, detail: str
) -> None:
    content = content_of([subsection("s", "Homework")], HOMEWORK, algorithm)

    computation = compute(content, grades_of([grade_of("s", 1.0, 3.0)]))

    assert computation.unrounded == unrounded
    assert [entry.detail for entry in section_breakdown(computation, algorithm)] == [detail]


def test_ungraded_worthless_and_foreign_subsections_do_not_count() -> None:
    content = content_of(
        [
            subsection("counts", "Homework"),
            subsection("ungraded", "Homework", graded=False),
            subsection("worthless", "Homework"),
            subsection("foreign", "homework"),
        ],
        HOMEWORK,
    )
    grades = [
        grade_of("counts", 0.5),
        *(grade_of(name, 1.0) for name in ("ungraded", "foreign")),
        grade_of("worthless", 0.0, 0.0),
    ]

    (homework,) = compute(content, grades_of(grades)).assignment_type_grades

    assert [one.subsection.display_name for one in homework.counted] == ["counts"]
    assert homework.percent == 0.5


def test_a_subsection_in_two_sections_counts_once_in_each() -> None:
    twice, once = subsection("twice", "Homework"), subsection("once", "Homework")
    structure = CourseStructure(
        COURSE,
        None,
        None,
        None,
        (
            Section(block("chapter", "one"), "One", (twice, twice)),
            Section(block("chapter", "two"), "Two", (once, twice)),
        ),
    )
    content = content_of(structure, HOMEWORK)

    computation = compute(content, grades_of([grade_of("twice", 1.0), grade_of("once", 0.25)]))

    assert computation.unrounded == (1.0 + 0.25 + 1.0) / 3


def test_two_types_of_one_category_both_count_and_the_later_is_shown() -> None:
    twice = policy(assignment_type("Homework", 0.5), assignment_type("Homework", 0.3, min_count=4))
    content = content_of([subsection("a", "Homework"), subsection("b", "Homework")], twice)

    computation = compute(content, grades_of([grade_of("a", 0.5), grade_of("b", 1.0)]))

    assert (computation.unrounded, computation.percent) == (0.75 * 0.5 + 1.5 / 4 * 0.3, 0.49)
    assert {name: share.detail for name, share in grade_breakdown(computation).items()} == {
        "Homework": "Homework = 11.25% of a possible 30.00%"
    }


def test_the_dropped_subsections_of_a_course_are_named() -> None:
    content = content_of(
        [subsection(name, "Homework") for name in ("a", "b", "c")],
        policy(assignment_type("Homework", min_count=4, drop_count=2)),
    )

    computation = compute(content, grades_of([grade_of("a", 0.1), grade_of("b", 0.9)]))

    assert computation.dropped == {subsection_key("c")}


def test_the_percent_so_far_leaves_out_what_was_not_attempted() -> None:
    content = content_of(
        [*(subsection(f"h{number}", "Homework") for number in range(4)), subsection("e", "Exam")],
        policy(
            assignment_type("Homework", 0.4, min_count=8, drop_count=2),
            assignment_type("Exam", 0.6),
        ),
    )
    one = grades_of([grade_of("h0", 0.8), grade_of("e", 0.0, attempted=False)])
    three = one | grades_of([grade_of("h1", 0.2), grade_of("h2", 0.4)])
    with_exam = three | grades_of([grade_of("e", 0.5)])

    assert current_percent(content, one) == 0.8
    assert current_percent(content, three) == 0.8
    assert current_percent(content, with_exam) == course_percent(0.8 * 0.4 + 0.5 * 0.6)
    assert compute(content, one).percent < 0.1
