"""The graded flag of a problem: set on it, or made of what its parents say."""

from pathlib import Path

import pytest

from tests.formats.olx.written_course import files_of, imported, only_subsection, problem, problems


def vertical(name: str, said: str, inside: str) -> str:
    return f'<vertical url_name="{name}" {said}>{inside}</vertical>'


@pytest.mark.parametrize(("said", "graded"), [("true", True), ("false", False)])
def test_flag_on_the_problem_itself_is_taken(tmp_path: Path, said: str, graded: bool) -> None:
    inside = vertical("v1", 'graded="true"', problem("p1", f'graded="{said}"'))

    assert problems(tmp_path, inside)[0].graded is graded


def test_flag_of_sequential_chapter_and_course_says_nothing_about_the_problem(
    tmp_path: Path,
) -> None:
    said = 'graded="true"'
    course = imported(tmp_path, files_of(attributes=said, chapter=said, course=said))

    (only,) = only_subsection(course).problems

    assert only.graded is None


@pytest.mark.parametrize(("said", "graded"), [("true", True), ("false", False), ("null", None)])
def test_flag_of_a_vertical_reaches_all_below_it(
    tmp_path: Path, said: str, graded: bool | None
) -> None:
    inside = vertical("v1", f'graded="{said}"', vertical("v2", "", problem("p1")))

    assert problems(tmp_path, inside)[0].graded is graded


def test_policy_json_sets_the_flag_on_the_very_block(tmp_path: Path) -> None:
    settings = {"problem/p1": {"graded": False}}

    assert problems(tmp_path, problem("p1"), settings)[0].graded is False


@pytest.mark.parametrize(
    ("flags", "graded"),
    [
        (("true", "false"), True),
        (("false", "true"), True),
        (("false", "null"), None),
        (("null", "false"), False),
        (("null", "null"), None),
    ],
)
def test_of_several_parents_one_yes_wins_else_the_last_decides(
    tmp_path: Path, flags: tuple[str, str], graded: bool | None
) -> None:
    shared = problem("p1")
    inside = vertical("v1", f'graded="{flags[0]}"', shared) + vertical(
        "v2", f'graded="{flags[1]}"', '<problem url_name="p1"/>'
    )

    (only,) = problems(tmp_path, inside)

    assert only.graded is graded


def test_parent_that_is_a_sequential_is_passed_over(tmp_path: Path) -> None:
    inside = vertical("v1", 'graded="false"', problem("p1")) + '<problem url_name="p1"/>'

    assert problems(tmp_path, inside)[0].graded is False


def test_flag_through_a_long_chain_of_diamonds_is_found_at_once(tmp_path: Path) -> None:
    # Each level has two parents: followed path by path, there would be 2**24 of them.
    depth = 24
    inside = problem("p1")
    for level in range(depth):
        below = (
            '<problem url_name="p1"/>'
            if level == 0
            else f'<vertical url_name="a{level - 1}"/><vertical url_name="b{level - 1}"/>'
        )
        inside = vertical(f"a{level}", "", inside) + vertical(f"b{level}", "", below)

    (only,) = problems(tmp_path, vertical("top", 'graded="false"', inside))

    assert only.graded is False
