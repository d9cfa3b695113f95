"""Places where each learner meets only some of the problems."""

from pathlib import Path

import pytest

from formats.olx import CourseWarningCode
from grading import Selection, Subsection
from tests.formats.olx.written_course import (
    block,
    files_of,
    imported,
    names,
    only_subsection,
    only_warning,
    problem,
    warnings_of,
)

P1, P2, P3 = (block("problem", f"p{number}") for number in (1, 2, 3))
THREE = problem("p1") + problem("p2") + problem("p3")


def subsection(folder: Path, inside: str) -> Subsection:
    return only_subsection(imported(folder, files_of(inside)))


@pytest.mark.parametrize("kind", ["library_content", "itembank"])
@pytest.mark.parametrize(("said", "count"), [("", 1), ('max_count="2"', 2), ('max_count="0"', 0)])
def test_library_selects_as_many_as_it_says(
    tmp_path: Path, kind: str, said: str, count: int
) -> None:
    found = subsection(tmp_path, f'<{kind} url_name="l1" {said}>{THREE}</{kind}>')

    assert names(found.problems) == ["p1", "p2", "p3"]
    assert found.selections == (Selection(block(kind, "l1"), count, ((P1,), (P2,), (P3,))),)


@pytest.mark.parametrize("said", ["-1", "3", "40"])
def test_library_that_selects_all_is_no_selection(tmp_path: Path, said: str) -> None:
    inside = f'<library_content url_name="l1" max_count="{said}">{THREE}</library_content>'

    course = imported(tmp_path, files_of(inside))

    assert only_subsection(course).selections == ()
    assert course.warnings == ()


def test_selection_is_reported_with_its_numbers(tmp_path: Path) -> None:
    inside = f'<library_content url_name="l1" max_count="2">{THREE}</library_content>'

    warning = only_warning(imported(tmp_path, files_of(inside)))

    assert warning.code is CourseWarningCode.RANDOMISED_CONTENT
    assert warning.message == (
        "In 1 library_content block(s) each learner meets only some branches "
        "(library_content/l1: 2 of 3)."
    )


def test_text_in_a_library_is_a_branch_without_problems(tmp_path: Path) -> None:
    text = '<html url_name="h1" filename="h1"/>'
    inside = f'<library_content url_name="l1">{text}{problem("p1")}</library_content>'

    found = subsection(tmp_path, inside)

    assert found.selections == (Selection(block("library_content", "l1"), 1, ((), (P1,))),)


def test_count_that_is_no_number_is_reported_and_counts_as_one(tmp_path: Path) -> None:
    inside = f'<library_content url_name="l1" max_count="some">{THREE}</library_content>'

    course = imported(tmp_path, files_of(inside))

    assert only_subsection(course).selections[0].count == 1
    assert warnings_of(course)[1] == (
        CourseWarningCode.UNREADABLE_VALUE,
        (
            "1 block(s) have a max_count that is not a whole number; it counts as not set "
            "(library_content/l1: 'some')."
        ),
    )


def test_randomize_selects_one_child(tmp_path: Path) -> None:
    found = subsection(tmp_path, f'<randomize url_name="r1">{THREE}</randomize>')

    assert found.selections == (Selection(block("randomize", "r1"), 1, ((P1,), (P2,), (P3,))),)


def split(groups: str, *branches: str) -> str:
    said = groups.replace('"', "&quot;")
    return f'<split_test url_name="t1" group_id_to_child="{said}">{"".join(branches)}</split_test>'


A = f'<vertical url_name="a">{problem("p1")}{problem("p2")}</vertical>'
B = f'<vertical url_name="b">{problem("p3")}</vertical>'
BOTH = '{"1": "i4x://Org/C1/vertical/b", "2": "block-v1:Org+C1+R1+type@vertical+block@a"}'


def test_split_test_has_a_branch_for_each_group(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(split(BOTH, A, B)))

    assert only_subsection(course).selections == (
        Selection(block("split_test", "t1"), 1, ((P1, P2), (P3,))),
    )
    assert [code for code, _ in warnings_of(course)] == [CourseWarningCode.RANDOMISED_CONTENT]


def test_branch_that_no_group_meets_is_left_out(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(split('{"1": "i4x://Org/C1/vertical/b"}', A, B)))

    assert names(only_subsection(course).problems) == ["p3"]
    assert only_subsection(course).selections == ()
    assert only_warning(course).code is CourseWarningCode.GROUPS_UNLIKE_BRANCHES


@pytest.mark.parametrize("groups", ["", "null", "{}", "[broken"])
def test_split_test_without_groups_takes_every_child_as_a_branch(
    tmp_path: Path, groups: str
) -> None:
    course = imported(tmp_path, files_of(split(groups, A, B)))

    assert only_subsection(course).selections[0].branches == ((P1, P2), (P3,))
    assert [code for code, _ in warnings_of(course)] == [
        CourseWarningCode.RANDOMISED_CONTENT,
        CourseWarningCode.GROUPS_UNLIKE_BRANCHES,
    ]


def test_selection_inside_a_selection_is_there_as_well(tmp_path: Path) -> None:
    library = f'<library_content url_name="l1">{problem("p1")}{problem("p2")}</library_content>'
    a = f'<vertical url_name="a">{library}</vertical>'

    found = subsection(tmp_path, split(BOTH, a, B))

    assert found.selections == (
        Selection(block("library_content", "l1"), 1, ((P1,), (P2,))),
        Selection(block("split_test", "t1"), 1, ((P1, P2), (P3,))),
    )


def test_selection_among_what_cannot_be_scored_is_none(tmp_path: Path) -> None:
    text = '<html url_name="h1" filename="h1"/><html url_name="h2" filename="h2"/>'

    course = imported(tmp_path, files_of(f'<randomize url_name="r1">{text}</randomize>'))

    assert only_subsection(course).selections == ()
    assert course.warnings == ()


def test_learner_meets_a_vertical_a_wrapper_and_a_conditional_as_they_are(tmp_path: Path) -> None:
    inside = (
        f'<vertical url_name="v1"><wrapper url_name="w1">{problem("p1")}</wrapper></vertical>'
        f'<conditional url_name="c1" sources="x">{problem("p2")}</conditional>{problem("p3")}'
    )

    found = subsection(tmp_path, inside)

    assert names(found.problems) == ["p1", "p2", "p3"]
    assert found.selections == ()
