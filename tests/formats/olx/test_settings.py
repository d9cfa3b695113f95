"""Settings of blocks: where they come from, how they are spelled, what is inherited."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from formats.olx import CourseWarningCode, read_course
from grading import InvalidCourse, ShowCorrectness
from tests.formats.olx.written_course import (
    block,
    files_of,
    imported,
    only_subsection,
    only_warning,
    problem,
    problems,
    write,
)

QUOTED = "&quot;2030-12-31T23:30:00+00:00&quot;"
MOMENT = datetime(2030, 12, 31, 23, 30, tzinfo=UTC)


def test_course_has_its_name_and_dates(tmp_path: Path) -> None:
    course = f'display_name="A course" start="2020-01-01T00:00:00Z" end="{QUOTED}"'

    structure = imported(tmp_path, files_of(course=course)).content.structure

    assert structure.course_key == "course-v1:Org+C1+R1"
    assert structure.display_name == "A course"
    assert structure.start == datetime(2020, 1, 1, tzinfo=UTC)
    assert structure.end == MOMENT


def test_policy_json_wins_over_the_attributes_of_course_and_blocks(tmp_path: Path) -> None:
    settings = {
        "course/R1": {"display_name": "From policy.json", "end": "2027-02-24T00:30:00Z"},
        "sequential/s1": {"format": "Homework", "graded": True},
        "problem/p1": {"weight": 3, "display_name": None},
    }
    files = files_of(
        problem("p1", 'weight="2"'),
        attributes='graded="false" format="Lab"',
        course=f'display_name="From course.xml" end="{QUOTED}"',
        settings=settings,
    )

    course = imported(tmp_path, files)

    assert course.content.structure.display_name == "From policy.json"
    assert course.content.structure.end == datetime(2027, 2, 24, 0, 30, tzinfo=UTC)
    assert only_subsection(course).format == "Homework"
    assert only_subsection(course).graded is True
    assert only_subsection(course).problems[0].weight == 3.0
    assert only_subsection(course).problems[0].display_name is None
    assert course.warnings == ()


@pytest.mark.parametrize("place", ["attributes", "chapter", "course"])
def test_subsection_takes_from_chapter_and_course_what_it_does_not_set(
    tmp_path: Path, place: str
) -> None:
    said = f'graded="true" format="Homework" due="{QUOTED}" show_correctness="past_due"'

    subsection = only_subsection(
        imported(tmp_path, files_of(**{"attributes": "", place: said}))  # type: ignore[arg-type]
    )

    assert (subsection.graded, subsection.format) == (True, "Homework")
    assert (subsection.due, subsection.show_correctness) == (MOMENT, ShowCorrectness.PAST_DUE)


def test_nearest_setting_wins_even_where_it_says_no(tmp_path: Path) -> None:
    said = {"attributes": 'graded="false" format=""', "chapter": 'graded="true" format="Homework"'}

    subsection = only_subsection(imported(tmp_path, files_of(**said)))  # type: ignore[arg-type]

    assert (subsection.graded, subsection.format) == (False, "")


def test_null_counts_as_not_set(tmp_path: Path) -> None:
    files = files_of(attributes='graded="null" due="null"', chapter=f'graded="true" due="{QUOTED}"')

    subsection = only_subsection(imported(tmp_path, files))

    assert (subsection.graded, subsection.due) == (True, MOMENT)


def test_weight_is_not_inherited(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(chapter='weight="7"'))

    assert only_subsection(course).problems[0].weight is None
    assert only_warning(course).code is CourseWarningCode.UNKNOWN_ATTRIBUTE
    assert only_warning(course).message == (
        "1 chapter block(s) set 'weight'; it changes nothing here (chapter/ch1)."
    )
    assert only_warning(course).usage_key == block("chapter", "ch1")


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("Homework", "Homework"),
        ("&quot;Homework&quot;", "Homework"),
        ("2", "2"),
        ("1.50", "1.50"),
        ("true", "true"),
        ("null", ""),
        ("[broken", "[broken"),
    ],
)
def test_text_may_be_plain_or_quoted_as_json(tmp_path: Path, spelled: str, meant: str) -> None:
    files = files_of(attributes=f'format="{spelled}"')

    assert only_subsection(imported(tmp_path, files)).format == meant


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("true", True),
        ("True", True),
        ("&quot;true&quot;", True),
        ("1", True),
        ("false", False),
        ("FALSE", False),
        ("0", False),
    ],
)
def test_flags_are_read_in_every_spelling(tmp_path: Path, spelled: str, meant: bool) -> None:
    course = imported(tmp_path, files_of(attributes=f'graded="{spelled}"'))

    assert only_subsection(course).graded is meant
    assert course.warnings == ()


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("2030-12-31T23:30:00Z", MOMENT),
        ("2031-01-01T01:30:00+02:00", MOMENT),
        ("2030-12-31T23:30", MOMENT),
        (QUOTED, MOMENT),
        ("2030-12-31", datetime(2030, 12, 31, tzinfo=UTC)),
        ("", None),
    ],
)
def test_dates_are_in_utc(tmp_path: Path, spelled: str, meant: datetime | None) -> None:
    course = imported(tmp_path, files_of(attributes=f'due="{spelled}"'))

    assert only_subsection(course).due == meant
    assert course.warnings == ()


@pytest.mark.parametrize(
    "spelled", ["next Tuesday", "2030-13-01", "12345", "0001-01-01T00:00+23:00"]
)
def test_date_that_cannot_be_read_is_reported_and_counts_as_none(
    tmp_path: Path, spelled: str
) -> None:
    course = imported(tmp_path, files_of(attributes=f'due="{spelled}"'))

    assert only_subsection(course).due is None
    assert only_warning(course).code is CourseWarningCode.UNREADABLE_VALUE
    assert only_warning(course).message == (
        "1 block(s) have a due that is not a date; it counts as not set "
        f"(sequential/s1: {spelled!r})."
    )


def test_flag_that_is_neither_yes_nor_no_is_reported(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(attributes='graded="perhaps"'))

    assert only_subsection(course).graded is False
    assert only_warning(course).message == (
        "1 block(s) have a graded that is not true or false; it counts as not set "
        "(sequential/s1: 'perhaps')."
    )


@pytest.mark.parametrize("spelled", list(ShowCorrectness))
def test_every_show_correctness_is_known(tmp_path: Path, spelled: ShowCorrectness) -> None:
    course = imported(tmp_path, files_of(attributes=f'show_correctness="{spelled}"'))

    assert only_subsection(course).show_correctness is spelled
    assert course.warnings == ()


def test_unknown_show_correctness_shows_always_and_is_reported(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(attributes='show_correctness="sometimes"'))

    assert only_subsection(course).show_correctness is ShowCorrectness.ALWAYS
    assert only_warning(course).message == (
        "1 subsection(s) have the unknown show_correctness 'sometimes'; results are always shown "
        "(sequential/s1)."
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('start="2031-01-01T00:00:00Z"', CourseWarningCode.SEPARATE_DATE),
        ('relative_weeks_due="2"', CourseWarningCode.SEPARATE_DATE),
        ('group_access="{&quot;7&quot;: [1]}"', CourseWarningCode.RESTRICTED_TO_GROUPS),
        ('grading_method="last"', CourseWarningCode.UNKNOWN_ATTRIBUTE),
    ],
)
def test_what_changes_grades_in_open_edx_and_not_here_is_reported(
    tmp_path: Path, said: str, code: CourseWarningCode
) -> None:
    warning = only_warning(imported(tmp_path, files_of(problem("p1", said))))

    assert (warning.code, warning.usage_key) == (code, block("problem", "p1"))


def test_empty_group_access_is_no_restriction(tmp_path: Path) -> None:
    assert imported(tmp_path, files_of(problem("p1", 'group_access="{}"'))).warnings == ()


def test_many_of_a_kind_make_one_warning_with_three_examples(tmp_path: Path) -> None:
    many = "".join(problem(f"p{number}", 'due="soon" start="2031-01-01"') for number in range(200))

    warning = only_warning(imported(tmp_path, files_of(many)))

    assert warning.message == (
        "200 block(s) have a start date of their own, which changes nothing here "
        "(problem/p0, problem/p1, problem/p2, ...)."
    )
    assert (warning.usage_key, warning.file) == (None, None)


@pytest.mark.parametrize(
    "weight", ["NaN", "Infinity", "-Infinity", "-1", "1e300", "9" * 400, "nan", "heavy", "[]"]
)
def test_weight_that_nobody_could_earn_is_refused(tmp_path: Path, weight: str) -> None:
    write(tmp_path, files_of(problem("p1", f'weight="{weight}"')))

    with pytest.raises(InvalidCourse) as refusal:
        read_course(tmp_path)

    assert refusal.value.code == "INVALID_COURSE"
    (fault,) = refusal.value.faults
    assert fault.startswith(
        "course.xml: weight of problem/p1 must be a number from 0 to 1000000000, not "
    )
    assert len(fault) < 200


def test_weight_that_nobody_could_earn_is_refused_in_policy_json_as_well(tmp_path: Path) -> None:
    files = files_of()
    files["policies/R1/policy.json"] = '{"problem/p1": {"weight": NaN}}'
    write(tmp_path, files)

    with pytest.raises(InvalidCourse, match=r"weight of problem/p1 must be a number"):
        read_course(tmp_path)


@pytest.mark.parametrize(
    ("weight", "meant"), [("0", 0.0), ("2.5", 2.5), ("null", None), ("", None)]
)
def test_weight_is_what_points_are_scaled_to(
    tmp_path: Path, weight: str, meant: float | None
) -> None:
    (only,) = problems(tmp_path, problem("p1", f'weight="{weight}"'))

    assert only.weight == meant
