"""How the files of an export lead from one to the next."""

import json
from pathlib import Path

import pytest

from formats.olx import CourseWarningCode, Limits, read_course
from grading import InvalidCourse, parse_course_key
from tests.formats.olx.written_course import (
    CHOICE,
    block,
    files_of,
    imported,
    names,
    only_subsection,
    only_warning,
    problem,
    warnings_of,
    write,
)

COURSE_XML = '<course org="Org" course="C1" url_name="R1"/>'
IN_FILES = {
    "course.xml": COURSE_XML,
    "course/R1.xml": '<course display_name="C"><chapter url_name="ch1"/><wiki slug="w"/></course>',
    "chapter/ch1.xml": '<chapter display_name="Ch"><sequential url_name="s1"/></chapter>',
    "sequential/s1.xml": '<sequential format="Homework" graded="true">'
    '<vertical url_name="v1"/></sequential>',
    "vertical/v1.xml": '<vertical><problem url_name="p1"/><html url_name="h1"/></vertical>',
    "problem/p1.xml": f'<problem display_name="P" weight="2">{CHOICE}</problem>',
    "html/h1.xml": '<html filename="h1"/>',
    "policies/R1/policy.json": "{}",
    "policies/R1/grading_policy.json": json.dumps(
        {"GRADER": [{"type": "Homework", "min_count": 1, "drop_count": 0, "weight": 1.0}]}
    ),
}


def refused(folder: Path, files: dict[str, str], limits: Limits | None = None) -> tuple[str, ...]:
    write(folder, files)
    with pytest.raises(InvalidCourse) as refusal:
        read_course(folder, limits=limits or Limits())
    assert refusal.value.code == "INVALID_COURSE"
    return refusal.value.faults


def test_every_block_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    course = imported(tmp_path, IN_FILES)

    (section,) = course.content.structure.sections
    subsection = only_subsection(course)
    (found,) = subsection.problems
    assert course.content.structure.display_name == "C"
    assert (section.usage_key, section.display_name) == (block("chapter", "ch1"), "Ch")
    assert (subsection.usage_key, subsection.format) == (block("sequential", "s1"), "Homework")
    assert (found.usage_key, found.display_name) == (block("problem", "p1"), "P")
    assert (found.weight, found.max_score) == (2.0, 1.0)
    assert course.warnings == ()


def test_colon_in_a_name_is_a_folder_in_its_path(tmp_path: Path) -> None:
    files = IN_FILES | {
        "vertical/v1.xml": '<vertical><problem url_name="deep:p1"/></vertical>',
        "problem/deep/p1.xml": f"<problem>{CHOICE}</problem>",
    }

    course = imported(tmp_path, files)

    assert names(only_subsection(course).problems) == ["deep:p1"]


def test_problem_may_have_its_content_in_a_file_of_another_name(tmp_path: Path) -> None:
    files = IN_FILES | {
        "problem/p1.xml": '<problem filename="text" weight="3"/>',
        "problem/text.xml": f"<problem weight='9'>{CHOICE}{CHOICE}</problem>",
    }

    (found,) = only_subsection(imported(tmp_path, files)).problems

    assert (found.max_score, found.weight) == (2.0, 3.0)


def test_given_key_replaces_that_of_the_export(tmp_path: Path) -> None:
    write(tmp_path, IN_FILES)

    content = read_course(tmp_path, course_key=parse_course_key("course-v1:A+B+C")).content

    assert content.course_key == "course-v1:A+B+C"
    assert list(content.problems) == ["block-v1:A+B+C+type@problem+block@p1"]


def test_export_may_lie_in_a_folder_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "course", IN_FILES)

    assert read_course(tmp_path).content.course_key == "course-v1:Org+C1+R1"


def test_course_is_equal_however_often_it_is_read(tmp_path: Path) -> None:
    first, second = imported(tmp_path, IN_FILES), imported(tmp_path, IN_FILES)

    assert first.content == second.content
    assert first.content.version == second.content.version


def test_missing_file_leaves_its_block_out_and_is_reported(tmp_path: Path) -> None:
    files = {name: text for name, text in IN_FILES.items() if name != "problem/p1.xml"}

    course = imported(tmp_path, files)

    assert only_subsection(course).problems == ()
    assert only_warning(course).code is CourseWarningCode.MISSING_FILE
    assert only_warning(course).message == (
        "1 problem block(s) are left out: their files are not there (problem/p1.xml)."
    )
    assert only_warning(course).usage_key == block("problem", "p1")
    assert only_warning(course).file == "problem/p1.xml"


def test_missing_text_is_reported_without_fuss(tmp_path: Path) -> None:
    inside = "".join(f'<html url_name="h{number}"/>' for number in range(300))

    warning = only_warning(imported(tmp_path, files_of(problem("p1") + inside)))

    assert warning.message == "300 html file(s) are not there; they hold no grades."


def test_files_that_nothing_leads_to_are_counted(tmp_path: Path) -> None:
    files = IN_FILES | {
        "problem/p8.xml": f"<problem>{CHOICE}</problem>",
        "problem/p9.xml": "<this is not even XML",
        "html/h9.xml": "<html/>",
        "static/problem/p7.xml": "<problem/>",
    }

    course = imported(tmp_path, files)

    assert names(only_subsection(course).problems) == ["p1"]
    assert warnings_of(course) == [
        (
            CourseWarningCode.ORPHANED_FILE,
            "2 file(s) belong to nothing in the course (problem/p8.xml, problem/p9.xml).",
        )
    ]


def test_drafts_are_left_out_and_counted(tmp_path: Path) -> None:
    files = IN_FILES | {"drafts/vertical/v2.xml": "<vertical/>", "drafts/problem/p2.xml": "<x"}

    assert warnings_of(imported(tmp_path, files)) == [
        (
            CourseWarningCode.DRAFT_LEFT_OUT,
            (
                "2 draft(s) are left out: learners do not see them "
                "(drafts/problem/p2.xml, drafts/vertical/v2.xml)."
            ),
        )
    ]


def test_settings_of_blocks_that_are_not_there_are_counted(tmp_path: Path) -> None:
    settings = {"problem/p9": {"weight": 2}, "static_tab/t": {}, "problem/p1": {"weight": 2}}

    course = imported(tmp_path, files_of(settings=settings))

    assert only_subsection(course).problems[0].weight == 2.0
    assert only_warning(course).message == (
        "policy.json sets up 1 block(s) that are not in the course (problem/p9)."
    )


def test_block_without_a_name_gets_one_from_its_place(tmp_path: Path) -> None:
    nameless = f"<problem>{CHOICE}</problem>"

    course = imported(tmp_path, files_of(nameless + nameless))
    again = imported(tmp_path, files_of(nameless + nameless))

    first, second = only_subsection(course).problems
    assert first.usage_key != second.usage_key
    assert only_subsection(again).problems == (first, second)
    assert only_warning(course).message == (
        "2 block(s) have no url_name; their keys are made from their places "
        "(problem in course.xml)."
    )


def test_problem_with_several_parents_is_in_each_subsection_once(tmp_path: Path) -> None:
    pointer = '<problem url_name="p1"/>'
    files = IN_FILES | {
        "chapter/ch1.xml": f'<chapter><sequential url_name="s1"/><sequential url_name="s2">'
        f"{pointer}</sequential></chapter>",
        "vertical/v1.xml": f'<vertical>{pointer}{problem("p2")}<vertical url_name="v2">'
        f"{pointer}</vertical>{pointer}</vertical>",
    }

    course = imported(tmp_path, files)

    first, second = course.content.structure.subsections()
    assert names(first.problems) == ["p1", "p2"]
    assert names(second.problems) == ["p1"]
    assert [
        subsection.usage_key
        for subsection in course.content.subsections_of_problem[block("problem", "p1")]
    ] == [block("sequential", "s1"), block("sequential", "s2")]
    assert course.warnings == ()


def test_block_that_is_defined_twice_counts_as_defined_first(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(problem("p1", 'weight="2"') + problem("p1")))

    (found,) = only_subsection(course).problems
    assert found.weight == 2.0
    assert only_warning(course).code is CourseWarningCode.DUPLICATE_BLOCK
    assert only_warning(course).message == (
        "1 block(s) are defined again; the first definition counts (problem/p1)."
    )


def test_what_only_staff_see_is_left_out_with_all_in_it(tmp_path: Path) -> None:
    hidden = 'visible_to_staff_only="true"'
    inside = (
        f'<vertical url_name="v1" {hidden}>{problem("p1")}{problem("p2")}</vertical>'
        f'{problem("p3", hidden)}{problem("p4")}<problem url_name="p2"/>'
    )

    course = imported(tmp_path, files_of(inside))

    assert names(only_subsection(course).problems) == ["p4", "p2"]
    assert warnings_of(course) == [
        (
            CourseWarningCode.STAFF_ONLY,
            (
                "2 block(s) are for staff only; they and what is in them are left out "
                "(vertical/v1, problem/p3)."
            ),
        )
    ]


@pytest.mark.parametrize("place", ["attributes", "chapter"])
def test_subsection_that_only_staff_see_is_left_out(tmp_path: Path, place: str) -> None:
    said = {place: 'visible_to_staff_only="true"'}

    course = imported(tmp_path, files_of(**said))  # type: ignore[arg-type]

    assert list(course.content.structure.subsections()) == []
    assert only_warning(course).code is CourseWarningCode.STAFF_ONLY


def test_what_is_in_no_subsection_is_reported(tmp_path: Path) -> None:
    chapter = (
        f'<chapter url_name="ch1"><vertical url_name="v1">{problem("p1")}</vertical></chapter>'
        f"{problem('p2')}"
    )
    files = IN_FILES | {"course/R1.xml": f"<course>{chapter}</course>"}
    for name in ("chapter/ch1.xml", "sequential/s1.xml", "vertical/v1.xml", "problem/p1.xml"):
        del files[name]

    course = imported(tmp_path, files)

    assert warnings_of(course) == [
        (
            CourseWarningCode.OUTSIDE_SUBSECTION,
            (
                "2 block(s) are in no subsection; they and what is in them count for nothing "
                "(problem/p2, vertical/v1)."
            ),
        )
    ]


def test_problems_come_in_the_order_of_the_course(tmp_path: Path) -> None:
    inside = (
        f'<vertical url_name="v1">{problem("p3")}<vertical url_name="v2">{problem("p1")}'
        f"</vertical></vertical>{problem('p2')}"
    )

    assert names(only_subsection(imported(tmp_path, files_of(inside))).problems) == [
        "p3",
        "p1",
        "p2",
    ]


def test_block_that_contains_itself_is_refused(tmp_path: Path) -> None:
    files = IN_FILES | {
        "vertical/v1.xml": '<vertical><vertical url_name="v2"/></vertical>',
        "vertical/v2.xml": '<vertical><vertical url_name="v1"/></vertical>',
    }

    assert refused(tmp_path, files) == ("vertical/v2.xml: vertical/v1 contains itself.",)


def test_sequential_that_is_in_the_course_twice_is_refused(tmp_path: Path) -> None:
    files = IN_FILES | {
        "chapter/ch1.xml": '<chapter><sequential url_name="s1"/></chapter>',
        "chapter/ch2.xml": '<chapter><sequential url_name="s1"/></chapter>',
        "course/R1.xml": '<course><chapter url_name="ch1"/><chapter url_name="ch2"/></course>',
    }

    assert refused(tmp_path, files) == ("chapter/ch2.xml: sequential/s1 is already in the course.",)


def test_course_without_a_chapter_is_refused(tmp_path: Path) -> None:
    files = IN_FILES | {"course/R1.xml": "<course/>"}

    assert refused(tmp_path, files) == ("course/R1.xml: It has no chapter.",)


def test_course_whose_own_file_is_missing_is_refused(tmp_path: Path) -> None:
    files = {name: text for name, text in IN_FILES.items() if name != "course/R1.xml"}

    assert refused(tmp_path, files) == ("course/R1.xml: It is not there.",)


@pytest.mark.parametrize(
    ("root", "fault"),
    [
        ("<course/>", "course.xml: It has no org and no course and no url_name."),
        ('<course org="O" course="C"/>', "course.xml: It has no url_name."),
        ("<library/>", "course.xml: It must hold a <course>, not <library>."),
        ("<course", "course.xml: It is not well-formed XML (unclosed token: line 1, column 0)."),
        (
            '<course org="O O" course="C" url_name="R"/>',
            "course.xml: 'course-v1:O O+C+R' is no course key; expected course-v1:ORG+COURSE+RUN.",
        ),
    ],
)
def test_course_that_does_not_say_which_it_is_is_refused(
    tmp_path: Path, root: str, fault: str
) -> None:
    assert refused(tmp_path, {"course.xml": root}) == (fault,)


def test_name_that_no_key_can_have_is_refused(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, files_of(problem("p 1")))

    assert fault == (
        "course.xml: 'block-v1:Org+C1+R1+type@problem+block@p 1' is no usage key; expected "
        "block-v1:ORG+COURSE+RUN+type@TYPE+block@ID."
    )


def test_file_that_holds_another_type_is_refused(tmp_path: Path) -> None:
    files = IN_FILES | {"problem/p1.xml": "<html/>"}

    assert refused(tmp_path, files) == ("problem/p1.xml: It must hold a <problem>, not <html>.",)


def test_all_faults_are_named_at_once_with_their_files(tmp_path: Path) -> None:
    files = IN_FILES | {
        "vertical/v1.xml": '<vertical><problem url_name="p1"/><problem url_name="p2"/></vertical>',
        "problem/p1.xml": "<problem>",
        "problem/p2.xml": '<problem weight="NaN"/>',
        "policies/R1/policy.json": '{"problem/p2": 7}',
        "policies/R1/grading_policy.json": '{"GRADER": [{}], "GRADE_CUTOFFS": []}',
    }

    assert refused(tmp_path, files) == (
        "policies/R1/policy.json: 'problem/p2' must be a JSON object.",
        "problem/p1.xml: It is not well-formed XML (no element found: line 1, column 9).",
        "problem/p2.xml: weight of problem/p2 must be a number from 0 to 1000000000, not 'nan'.",
        (
            "policies/R1/grading_policy.json: Assignment type 1 has no type and no min_count and "
            "no drop_count."
        ),
        (
            "policies/R1/grading_policy.json: GRADE_CUTOFFS must be a JSON object of letters and "
            "numbers."
        ),
    )


def test_faults_beyond_the_first_are_counted(tmp_path: Path) -> None:
    inside = "".join(problem(f"p{number}", 'weight="-1"') for number in range(10))

    faults = refused(tmp_path, files_of(inside), Limits(faults_named=3))

    assert len(faults) == 4
    assert faults[-1] == "And 7 more."


def test_blocks_nested_too_deep_are_refused(tmp_path: Path) -> None:
    inside = problem("p1")
    for number in range(2000):
        inside = f'<vertical url_name="v{number}">{inside}</vertical>'

    assert refused(tmp_path, files_of(inside)) == (
        "course.xml: blocks are nested more than 30 deep.",
    )


def test_too_many_blocks_are_refused(tmp_path: Path) -> None:
    inside = "".join(problem(f"p{number}") for number in range(20))

    assert refused(tmp_path, files_of(inside), Limits(blocks=20)) == (
        "It has more than 20 blocks.",
    )
