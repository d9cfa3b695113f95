from collections.abc import Sequence

from formats.csv_rows import RefusedLine
from formats.csv_writing import Cell, csv_lines
from formats.gradebook_csv import (
    OverrideRow,
    SubsectionCells,
    gradebook_cells,
    gradebook_header,
    read_overrides,
    short_ids,
)
from grading import CourseKey, LearnerId, UsageKey

COURSE = CourseKey("course-v1:edX+Toy+2024")


def key(block: str) -> UsageKey:
    return UsageKey(f"block-v1:edX+Toy+2024+type@sequential+block@{block}")


EXAM, LAB = key("exam"), key("0123456789abcdef")
IDS = short_ids([EXAM, LAB])


def read(*lines: str) -> list[OverrideRow | RefusedLine]:
    return list(read_overrides([f"{line}\n" for line in lines], IDS))


def refusal(*lines: str) -> tuple[int, str]:
    (one,) = read(*lines)
    assert isinstance(one, RefusedLine)
    return one.line, one.code


def test_a_subsection_is_named_by_eight_characters_or_by_as_many_as_tell_it_apart() -> None:
    assert IDS == {EXAM: "exam", LAB: "01234567"}
    alike = [key("0123456789ab"), key("0123456788ab"), key("0123456"), key("01234567")]
    assert list(short_ids(alike).values()) == [
        "0123456789",
        "0123456788",
        "0123456",
        "01234567",
    ]


def test_the_columns_are_those_of_the_bulk_grade_tool() -> None:
    assert gradebook_header(["exam"]) == [
        *("user_id", "username", "student_key", "course_id", "track", "cohort"),
        *("name-exam", "grade-exam", "original_grade-exam"),
        *("previous_override-exam", "new_override-exam"),
    ]


def test_a_written_gradebook_is_read_back_as_no_change() -> None:
    who = (7, "ada", None, COURSE, "audit", "=cmd|' /C calc'!A0")
    cells = [SubsectionCells("Exam", 8.0, 5.5, 8.0), SubsectionCells("Lab", None, None, None)]
    rows: list[Sequence[Cell]] = [gradebook_header(IDS.values()), gradebook_cells(who, cells)]

    lines = list(csv_lines(rows))

    assert lines[1] == (f"7,ada,,{COURSE},audit,'=cmd|' /C calc'!A0,Exam,8,5.5,8,,Lab,,,,\r\n")
    assert list(read_overrides(lines, IDS)) == [OverrideRow(2, LearnerId(7), "ada", COURSE, {})]


def test_new_overrides_are_points_and_remove_takes_one_away() -> None:
    header = "user_id,course_id,new_override-exam,new_override-01234567"

    assert read(header, f"7,{COURSE},9.5,Remove", f"8,{COURSE},0,") == [
        OverrideRow(2, LearnerId(7), None, COURSE, {EXAM: 9.5, LAB: None}),
        OverrideRow(3, LearnerId(8), None, COURSE, {EXAM: 0.0}),
    ]


def test_what_is_no_number_of_points_refuses_its_line() -> None:
    header = "user_id,course_id,new_override-exam"

    assert refusal(header, f"7,{COURSE},nine") == (2, "INVALID_INPUT")
    assert refusal(header, f"7,{COURSE},-1") == (2, "SCORE_OUT_OF_RANGE")
    assert refusal(header, f"7,{COURSE},nan") == (2, "SCORE_OUT_OF_RANGE")
    assert refusal(header, f",{COURSE},1") == (2, "INVALID_INPUT")
    assert refusal(header, "7,toy,1") == (2, "INVALID_INPUT")
