"""Course structure: order, subsections in two places, and what each learner meets of a pool."""

import pytest

from grading import CourseStructure, Section, Selection, Subsection, UsageKey
from tests.grading.courses import COURSE, block, problem, subsection, subsection_key

A, B, C, D = (block("problem", name) for name in "abcd")


def test_subsections_come_once_each_in_course_order() -> None:
    first, second, third = (subsection(name, "Homework") for name in ("s1", "s2", "s3"))
    structure = CourseStructure(
        COURSE,
        None,
        None,
        None,
        (
            Section(block("chapter", "one"), "One", (second, first)),
            Section(block("chapter", "none"), "None", ()),
            Section(block("chapter", "two"), "Two", (first, third, second)),
        ),
    )

    assert list(structure.subsections()) == [second, first, third]


def of_pool(place: Selection) -> Subsection:
    problems = tuple(problem(name) for name in ("before", *"abcd", "after"))
    return Subsection(subsection_key("s"), problems=problems, selections=(place,))


def names(each: Subsection, *scored: UsageKey) -> list[str]:
    return [one.usage_key.rpartition("@")[2] for one in each.problems_for(set(scored))]


def test_without_a_selection_everybody_meets_everything() -> None:
    each = subsection("s", "Homework", problems=3)

    assert each.problems_for(()) == each.problems


@pytest.mark.parametrize(
    ("count", "scored", "met"),
    [
        (0, (), ""),
        (2, (), "ab"),
        (2, (D,), "ad"),
        (2, (C, D), "cd"),
        (4, (), "abcd"),
        (9, (B,), "abcd"),
        (1, (B, D), "bd"),
    ],
)
def test_a_learner_meets_what_they_answered_and_as_many_more_as_are_left(
    count: int, scored: tuple[UsageKey, ...], met: str
) -> None:
    each = of_pool(Selection(block("library_content", "l"), count, ((A,), (B,), (C,), (D,))))

    assert names(each, *scored) == ["before", *met, "after"]


@pytest.mark.parametrize(("scored", "met"), [((), "ab"), ((A,), "ab"), ((D,), "cd"), ((B,), "ab")])
def test_a_split_test_shows_the_problems_of_one_group(
    scored: tuple[UsageKey, ...], met: str
) -> None:
    each = of_pool(Selection(block("split_test", "t"), 1, ((A, B), (C, D))))

    assert names(each, *scored) == ["before", *met, "after"]


def test_a_selection_that_nobody_filled_selects_nothing() -> None:
    assert names(of_pool(Selection(block("split_test", "t"), 1, ()))) == [
        *("before", "a", "b", "c", "d", "after")
    ]
