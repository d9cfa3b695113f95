"""The three real exports: what comes out is what plain counting in their files finds."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from formats.olx import CourseWarningCode, ImportedCourse, read_course
from grading import PolicyWarningCode, ShowCorrectness, Subsection, block_type_of, parse_policy
from tests.formats.olx.written_course import warnings_of, write_archive
from tests.shared_material import olx_course, requires_shared

pytestmark = [pytest.mark.shared, requires_shared]

SCORED = {"problem", "openassessment", "edx_sga", "staffgradedxblock", "drag-and-drop-v2", "done"}


class Expected(NamedTuple):
    folder: str
    course_key: str
    sections: int
    subsections: int
    problems: int
    points: float
    policy_hash: str


COURSES = [
    Expected("demo-test-course", "course-v1:edX+Test101+course", 8, 48, 36, 146.0,
             "WgzxwBvDPRJtD2MI++3aVfy21ZE="),
    Expected("openedx-demo-course", "course-v1:OpenedX+DemoX+DemoCourse", 6, 17, 35, 157.0,
             "I2UeRHfm0/nkp/MUpmaUL6ZPP+M="),
    Expected("oxa_kitchen_sink", "course-v1:Microsoft+KS101+course", 4, 15, 14, 20.0,
             "8UV13YD8OyM/TyKEbXYKzgldl9s="),
]  # fmt: skip
every_course = pytest.mark.parametrize("expected", COURSES, ids=lambda course: course.folder)


def subsection_named(course: ImportedCourse, name: str) -> Subsection:
    (found,) = (one for one in course.content.structure.subsections() if one.display_name == name)
    return found


def root_of(file: Path) -> Element:
    root: Element = fromstring(file.read_text(encoding="utf-8"))
    return root


def scored_below(folder: Path, element: Element) -> Iterator[str]:
    """Follow the files by hand: names of what can be scored, as written, in their order."""
    for child in element:
        name = child.get("url_name", "")
        if child.tag in SCORED:
            yield name
        file = folder / child.tag / f"{name}.xml"
        if child.tag not in SCORED and file.is_file():
            yield from scored_below(folder, root_of(file))


@every_course
def test_outline_has_the_expected_size(expected: Expected) -> None:
    structure = read_course(olx_course(expected.folder)).content.structure
    subsections = list(structure.subsections())

    assert structure.course_key == expected.course_key
    assert len(structure.sections) == expected.sections
    assert len(subsections) == expected.subsections
    assert sum(len(one.problems) for one in subsections) == expected.problems


@every_course
def test_every_subsection_holds_what_its_files_name_in_their_order(expected: Expected) -> None:
    folder = olx_course(expected.folder)
    structure = read_course(folder).content.structure

    assert {
        subsection.usage_key.rpartition("@")[2]: [
            problem.usage_key.rpartition("@")[2] for problem in subsection.problems
        ]
        for subsection in structure.subsections()
    } == {
        file.stem: list(scored_below(folder, root_of(file)))
        for file in (folder / "sequential").glob("*.xml")
    }


@every_course
def test_sections_and_subsections_come_in_the_order_of_the_files(expected: Expected) -> None:
    folder = olx_course(expected.folder)
    course_file = folder / "course" / f"{expected.course_key.rpartition('+')[2]}.xml"
    chapters = re.findall(r'<chapter url_name="(\w+)"', course_file.read_text(encoding="utf-8"))

    structure = read_course(folder).content.structure

    assert [
        (section.usage_key.rpartition("@")[2], [
            one.usage_key.rpartition("@")[2] for one in section.subsections
        ])
        for section in structure.sections
    ] == [
        (chapter, re.findall(
            r'<sequential url_name="(\w+)"',
            (folder / "chapter" / f"{chapter}.xml").read_text(encoding="utf-8"),
        ))
        for chapter in chapters
    ]  # fmt: skip


@every_course
def test_graded_subsections_are_those_whose_files_say_so(expected: Expected) -> None:
    folder = olx_course(expected.folder)
    said = {
        file.stem: root_of(file).get("format", "")
        for file in (folder / "sequential").glob("*.xml")
        if root_of(file).get("graded") == "true"
    }

    found = {
        one.usage_key.rpartition("@")[2]: one.format
        for one in read_course(folder).content.structure.subsections()
        if one.graded
    }

    assert found == said
    assert len(found) == {"demo-test-course": 4, "openedx-demo-course": 3}.get(expected.folder, 2)


@every_course
def test_points_that_can_be_earned_add_up(expected: Expected) -> None:
    problems = read_course(olx_course(expected.folder)).content.problems.values()

    assert sum(problem.max_score or 0.0 for problem in problems) == expected.points
    assert all(problem.max_score is not None for problem in problems)
    assert all(problem.graded is None for problem in problems)


@every_course
def test_policy_is_the_one_in_the_file(expected: Expected) -> None:
    folder = olx_course(expected.folder)
    run = expected.course_key.rpartition("+")[2]
    source = (folder / "policies" / run / "grading_policy.json").read_text(encoding="utf-8")

    content = read_course(folder).content

    assert content.policy == parse_policy(source)
    assert content.policy.hash == expected.policy_hash


@every_course
def test_archive_of_the_course_is_the_course(tmp_path: Path, expected: Expected) -> None:
    folder = olx_course(expected.folder)
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }

    archive = write_archive(tmp_path / "course.tar.gz", files)

    assert read_course(archive).content == read_course(folder).content
    assert set(read_course(archive).warnings) == set(read_course(folder).warnings)


def test_demo_test_course_in_detail() -> None:
    course = read_course(olx_course("demo-test-course"))

    assert course.content.structure.display_name == "Testing Course"
    assert str(course.content.structure.start) == "2015-10-01 00:30:00+00:00"
    assert str(course.content.structure.end) == "2030-12-31 23:30:00+00:00"
    midterm = subsection_named(course, "Midterm Exam")
    assert (midterm.format, midterm.graded, midterm.show_correctness) == (
        *("Midterm Exam", True, ShowCorrectness.ALWAYS),
    )
    assert str(midterm.due) == "2016-01-01 00:00:00+00:00"
    (staff_graded,) = subsection_named(course, "Staff Graded Assignments").problems
    assert (staff_graded.max_score, staff_graded.weight) == (100.0, None)
    assert [subsection.selections for subsection in course.content.subsections.values()] == (
        [()] * 48
    )


def test_warnings_of_demo_test_course() -> None:
    course = read_course(olx_course("demo-test-course"))

    assert [(one.code, one.assignment_type) for one in course.policy_warnings] == [
        (PolicyWarningCode.GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE, "Homework")
    ]
    missing = CourseWarningCode.MISSING_FILE
    assert warnings_of(course) == [
        *(
            (missing, f"{count} {kind} file(s) are not there; they hold no grades.")
            for kind, count in (
                *(("html", 64), ("video", 3), ("discussion", 1), ("annotatable", 1)),
                ("word_cloud", 1),
            )
        ),
        (
            CourseWarningCode.UNKNOWN_RESPONSE_TYPE,
            (
                "1 problem(s) hold a <jsmeresponse>, which Open edX does not score "
                "(problem/bb200523478348e3af899005f9d94472)."
            ),
        ),
        (
            CourseWarningCode.NOTHING_TO_EARN,
            (
                "In 3 problem block(s) nothing can be earned "
                "(problem/bb200523478348e3af899005f9d94472, "
                "problem/68990661ba354cedb46bd284b9a07013, "
                "problem/5352cfcbee66410d9517ee76bc7e870b)."
            ),
        ),
    ]


def test_openedx_demo_course_in_detail() -> None:
    course = read_course(olx_course("openedx-demo-course"))

    assert course.content.structure.display_name == "Open edX Demo Course"
    assert str(course.content.structure.start) == "2020-01-01 00:00:00+00:00"
    assert course.content.structure.end is None
    points = {
        one.format: (len(one.problems), sum(problem.max_score or 0.0 for problem in one.problems))
        for one in course.content.structure.subsections()
        if one.graded
    }
    assert points == {
        "Basic Assessment Tools": (12, 20.0),
        "Intermediate Assessment Tools": (6, 114.0),
        "Advanced Assessment Tools": (13, 17.0),
    }
    assert sorted(
        (block_type_of(problem.usage_key), problem.max_score, problem.weight)
        for problem in course.content.problems.values()
        if block_type_of(problem.usage_key) != "problem"
    ) == [
        ("done", 1.0, None),
        ("drag-and-drop-v2", 1.0, 1.0),
        ("edx_sga", 100.0, 1.0),
        ("openassessment", 3.0, None),
        ("openassessment", 10.0, None),
        ("staffgradedxblock", 1.0, 1.0),
    ]
    (library,) = subsection_named(course, "Advanced  Assessment Tools").selections
    assert (library.count, [len(branch) for branch in library.branches]) == (2, [1] * 6)


def test_warnings_of_openedx_demo_course() -> None:
    course = read_course(olx_course("openedx-demo-course"))

    assert course.policy_warnings == ()
    missing = CourseWarningCode.MISSING_FILE
    assert warnings_of(course) == [
        (missing, "266 html file(s) are not there; they hold no grades."),
        (missing, "11 video file(s) are not there; they hold no grades."),
        (
            missing,
            (
                "2 lti block(s) are left out: their files are not there "
                "(lti/94231b63c6c34ead863d2876a4762751.xml, "
                "lti/8e71d278e94f4913bc564cc6141fde53.xml)."
            ),
        ),
        (missing, "1 annotatable file(s) are not there; they hold no grades."),
        (
            CourseWarningCode.RANDOMISED_CONTENT,
            (
                "In 1 library_content block(s) each learner meets only some branches "
                "(library_content/34a4d5e71d974c029cbde1956bd7c820: 2 of 6)."
            ),
        ),
    ]


def test_oxa_kitchen_sink_in_detail() -> None:
    course = read_course(olx_course("oxa_kitchen_sink"))

    assert course.content.structure.display_name == "Kitchen sink"
    # course.xml says 2017; policy.json wins.
    assert str(course.content.structure.end) == "2027-02-24 00:30:00+00:00"
    assert course.content.policy.weight_sum == 0.7
    assert course.content.policy.passing_threshold == 0.3


def test_warnings_of_oxa_kitchen_sink() -> None:
    course = read_course(olx_course("oxa_kitchen_sink"))

    assert [one.code for one in course.policy_warnings] == [
        PolicyWarningCode.WEIGHTS_DO_NOT_SUM_TO_ONE
    ]
    assert warnings_of(course) == [
        (
            CourseWarningCode.UNKNOWN_BLOCK_TYPE,
            (
                "3 block(s) are of the unknown type 'azure_media_services': they and what is "
                "in them count for nothing (2dd679150566460eb2b272f4f6c18d9c, "
                "d107d398da72410ab6cbfb941d9217cd, 78e73f752b1f46179a223f7ed876ae33)."
            ),
        ),
        (
            CourseWarningCode.MISSING_FILE,
            "1 video file(s) are not there; they hold no grades.",
        ),
    ]
