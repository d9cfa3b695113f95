"""What can be earned in each type of block."""

from pathlib import Path

import pytest

from formats.olx import CourseWarningCode
from tests.formats.olx.written_course import (
    block,
    files_of,
    imported,
    names,
    only_subsection,
    only_warning,
    problems,
    warnings_of,
)


def capa(inside: str) -> str:
    return f'<problem url_name="p1"><p>Text</p>{inside}</problem>'


@pytest.mark.parametrize(
    ("markup", "points"),
    [
        (("<multiplechoiceresponse><choicegroup><choice/><choice/></choicegroup>"
         "</multiplechoiceresponse>"), 1),
        ("<truefalseresponse><choicegroup/></truefalseresponse>", 1),
        ("<choiceresponse><checkboxgroup><choice/><choice/></checkboxgroup></choiceresponse>", 1),
        (("<choicetextresponse><radiotextgroup><choice><numtolerance_input/></choice>"
         "</radiotextgroup></choicetextresponse>"), 1),
        ("<optionresponse><optioninput/><p><optioninput/></p></optionresponse>", 2),
        ("<stringresponse><additional_answer/><textline/></stringresponse>", 1),
        ("<numericalresponse><formulaequationinput/></numericalresponse>", 1),
        ("<formularesponse><textline/></formularesponse>" * 3, 3),
        ("<symbolicresponse><textline/></symbolicresponse>", 1),
        ("<customresponse><textline/><div><textline/></div></customresponse>", 2),
        ("<customresponse><drag_and_drop_input/></customresponse>", 1),
        ("<customresponse><jsinput/></customresponse>", 1),
        ("<coderesponse><textbox/></coderesponse>", 1),
        ("<schematicresponse><schematic/></schematicresponse>", 1),
        ("<imageresponse><imageinput/><imageinput/></imageresponse>", 2),
        ("<javascriptresponse><javascriptinput/></javascriptresponse>", 1),
        ("<annotationresponse><annotationinput/></annotationresponse>", 2),
        (('<stringresponse><textline points="5"/></stringresponse>'
         "<stringresponse><textline/></stringresponse>"), 6),
    ],
)  # fmt: skip
def test_problem_is_worth_the_points_of_its_answer_fields(
    tmp_path: Path, markup: str, points: int
) -> None:
    course = imported(tmp_path, files_of(capa(markup)))

    (only,) = only_subsection(course).problems

    assert only.max_score == float(points)
    assert course.warnings == ()


def test_problem_without_answer_fields_is_there_with_nothing_to_earn(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(capa("<textline/>")))

    assert only_subsection(course).problems[0].max_score == 0.0
    assert only_warning(course).code is CourseWarningCode.NOTHING_TO_EARN
    assert only_warning(course).message == (
        "In 1 problem block(s) nothing can be earned (problem/p1)."
    )


def test_unknown_response_is_reported_and_worth_nothing(tmp_path: Path) -> None:
    markup = "<jsmeresponse><textline/></jsmeresponse><stringresponse><textline/></stringresponse>"

    course = imported(tmp_path, files_of(capa(markup)))

    assert only_subsection(course).problems[0].max_score == 1.0
    assert only_warning(course).code is CourseWarningCode.UNKNOWN_RESPONSE_TYPE
    assert only_warning(course).message == (
        "1 problem(s) hold a <jsmeresponse>, which Open edX does not score (problem/p1)."
    )


@pytest.mark.parametrize("points", ["$points", "1.5", "", "-3", "9" * 30, "9" * 5000])
def test_problem_whose_points_cannot_be_told_has_no_maximum(tmp_path: Path, points: str) -> None:
    markup = f'<stringresponse><textline points="{points}"/></stringresponse>'

    course = imported(tmp_path, files_of(capa(markup)))

    assert only_subsection(course).problems[0].max_score is None
    assert only_warning(course).code is CourseWarningCode.UNKNOWN_MAX_SCORE
    assert only_warning(course).usage_key == block("problem", "p1")


@pytest.mark.parametrize(
    ("markup", "max_score", "weight"),
    [
        ('<drag-and-drop-v2 url_name="b"/>', 1.0, 1.0),
        ('<drag-and-drop-v2 url_name="b" weight="4"/>', 1.0, 4.0),
        ('<done url_name="b" xblock-family="xblock.v1"/>', 1.0, None),
        ('<edx_sga url_name="b" xblock-family="xblock.v1"/>', 100.0, None),
        ('<edx_sga url_name="b" weight="null" points="20"/>', 20.0, None),
        ('<edx_sga url_name="b" weight="1.0"/>', 100.0, 1.0),
        ('<staffgradedxblock url_name="b" xblock-family="xblock.v1"/>', 1.0, 1.0),
        ('<staffgradedxblock url_name="b" weight="7.5"/>', 7.5, 7.5),
        ('<lti_consumer url_name="b" has_score="true"/>', 1.0, 1.0),
        ('<lti url_name="b" has_score="true" weight="3"/>', 3.0, 3.0),
        ('<scorm url_name="b" weight="2"/>', 2.0, 2.0),
    ],
)
def test_other_types_are_worth_what_they_say(
    tmp_path: Path, markup: str, max_score: float, weight: float | None
) -> None:
    if "xblock-family" not in markup:
        markup = markup.replace("url_name", 'display_name="B" url_name')
    course = imported(tmp_path, files_of(markup))

    (only,) = only_subsection(course).problems

    assert (only.max_score, only.weight) == (max_score, weight)
    assert course.warnings == ()


@pytest.mark.parametrize(
    "markup",
    [
        '<lti_consumer url_name="b" display_name="B"/>',
        '<lti url_name="b" has_score="false"/>',
        '<scorm url_name="b" has_score="false"/>',
    ],
)
def test_what_has_no_score_is_no_problem(tmp_path: Path, markup: str) -> None:
    assert problems(tmp_path, markup) == ()


def test_open_assessment_is_worth_the_best_option_of_every_criterion(tmp_path: Path) -> None:
    markup = """<openassessment url_name="b"><rubric>
        <criterion><option points="3"/><option points="0"/></criterion>
        <criterion><option points="1"/><option points="5"/></criterion>
        <criterion feedback="required"/>
    </rubric></openassessment>"""

    (only,) = problems(tmp_path, markup)

    assert (only.usage_key, only.max_score) == (block("openassessment", "b"), 8.0)


@pytest.mark.parametrize(
    "inside", ["", "<rubric><criterion><option points='many'/></criterion></rubric>"]
)
def test_open_assessment_without_a_readable_rubric_has_no_maximum(
    tmp_path: Path, inside: str
) -> None:
    markup = f'<openassessment url_name="b"><title/>{inside}</openassessment>'

    course = imported(tmp_path, files_of(markup))

    assert only_subsection(course).problems[0].max_score is None
    assert only_warning(course).code is CourseWarningCode.UNKNOWN_MAX_SCORE


def test_unknown_type_counts_for_nothing_and_is_reported_with_its_number(tmp_path: Path) -> None:
    inside = '<strange url_name="a"/><strange url_name="b"/><strange/><other url_name="c"/>'

    course = imported(tmp_path, files_of(inside))

    assert names(only_subsection(course).problems) == []
    assert warnings_of(course) == [
        (
            CourseWarningCode.UNKNOWN_BLOCK_TYPE,
            (
                "3 block(s) are of the unknown type 'strange': they and what is in them count for "
                "nothing (a, b, in course.xml)."
            ),
        ),
        (
            CourseWarningCode.UNKNOWN_BLOCK_TYPE,
            (
                "1 block(s) are of the unknown type 'other': they and what is in them count for "
                "nothing (c)."
            ),
        ),
    ]
