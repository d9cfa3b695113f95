"""What every CSV file has in common: header, quotes, encodings, refused lines."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.csv_rows import Columns, RefusedLine, open_csv, read_rows
from grading import InvalidInput

COLUMNS = Columns(required=("a", "b"), either=("c", "d"), optional=("e",))


def _row(line: int, cells: Sequence[str]) -> tuple[int, list[str]]:
    return line, list(cells)


def _read(*lines: str) -> list[tuple[int, list[str]] | RefusedLine]:
    return list(read_rows(lines, COLUMNS, _row))


def _refused(*lines: str) -> str:
    with pytest.raises(InvalidInput) as refusal:
        read_rows(lines, COLUMNS, _row)
    return refusal.value.message


def test_cells_come_in_the_order_of_the_columns_whatever_the_order_of_the_file() -> None:
    assert _read("e,d,b,a", "5,4,2,1") == [(2, ["1", "2", "", "4", "5"])]


def test_byte_order_mark_line_ends_and_spaces_around_cells_do_not_matter() -> None:
    assert _read("\ufeffa, b ,c\r\n", " 1 ,2,\t3\r\n", "4,5,6") == [
        (2, ["1", "2", "3", "", ""]),
        (3, ["4", "5", "6", "", ""]),
    ]


def test_quoted_cells_may_hold_commas_quotes_and_follow_a_space() -> None:
    assert _read("a,b,c", '"Okri, Ben", "the ""Famished"" Road",""') == [
        (2, ["Okri, Ben", 'the "Famished" Road', "", "", ""])
    ]


def test_quoted_header_names_are_the_same_names() -> None:
    assert _read('"a","b","c"', "1,2,3") == [(2, ["1", "2", "3", "", ""])]


def test_blank_lines_are_passed_over_and_counted() -> None:
    assert _read("\n", "a,b,c\n", "\n", "  \r\n", ",,\n", "1,2,3\n") == [
        (6, ["1", "2", "3", "", ""])
    ]


def test_a_header_alone_has_no_rows() -> None:
    assert _read("a,b,c\n") == []


def test_an_empty_file_is_refused_and_told_its_columns() -> None:
    expected = "The file is empty. Its first line must name columns: a, b, c or d; and if wanted: e"
    assert _refused() == f"{expected}."
    assert _refused("\n", "   \n") == f"{expected}."


def test_every_fault_of_a_header_is_named_at_once() -> None:
    assert _refused("b,b,score,name,name") == (
        "Unknown: 'score', 'name'. More than once: b. Missing: a, c or d. "
        "The columns are: a, b, c or d; and if wanted: e."
    )


def test_a_header_of_hundreds_of_unknown_columns_gets_a_short_answer() -> None:
    message = _refused("a,b,c," + ",".join(f"x{number}" for number in range(300)))
    assert "'x9' and 290 more." in message
    assert len(message) < 300


def test_semicolons_are_recognised_as_the_wrong_separator() -> None:
    assert "Separate the columns with commas." in _refused("a;b;c\n")
    assert "Separate the columns with commas." in _refused("a\tb\tc\n")
    assert "Separate" not in _refused("a\n")


def test_an_unreadable_header_is_refused_with_its_line() -> None:
    assert _refused("\n", "a,b,c\0") == (
        "Line 2, the header: It has a character that no text has: U+0000."
    )


@pytest.mark.parametrize("line", ["1,2", "1,2,3,4", "1;2;3"])
def test_a_line_with_the_wrong_number_of_cells_is_refused_and_the_rest_read(line: str) -> None:
    refused, row = _read("a,b,c", line, "1,2,3")
    width = line.count(",") + 1
    assert refused == RefusedLine(
        2, f"It has {width} cells; the header has 3.", code="INVALID_INPUT"
    )
    assert row == (3, ["1", "2", "3", "", ""])


@pytest.mark.parametrize("line", ['"1,2,3', '1,"2"x,3', '1,2,"3\n'])
def test_a_quote_that_does_not_close_costs_its_own_line_only(line: str) -> None:
    assert _read("a,b,c\n", line, "1,2,3\n") == [
        RefusedLine(
            2, "Its quotes do not match; a cell must end in its own line.", code="INVALID_INPUT"
        ),
        (3, ["1", "2", "3", "", ""]),
    ]


@pytest.mark.parametrize(
    ("character", "name"),
    [("\0", "U+0000"), ("\ud83d", "U+D83D"), ("\udcff", "U+DCFF"), ("\x1b", "U+001B")],
)
def test_characters_that_no_text_has_are_refused(character: str, name: str) -> None:
    assert _read("a,b,c", f"1,2,x{character}y") == [
        RefusedLine(2, f"It has a character that no text has: {name}.", code="INVALID_INPUT")
    ]


def test_a_carriage_return_inside_a_line_is_refused() -> None:
    assert _read("a,b,c\n", "1,2,3\r4,5,6\n") == [
        RefusedLine(2, "It has a character that no text has: U+000D.", code="INVALID_INPUT")
    ]


def test_all_scripts_emoji_and_unusual_spaces_are_text() -> None:
    assert _read("a,b,c", "Zażółć,\N{GRINNING FACE},x\u200by\u00a0z") == [
        (2, ["Zażółć", "\N{GRINNING FACE}", "x\u200by\u00a0z", "", ""])
    ]


def test_a_cell_of_ten_thousand_characters_is_read_and_one_more_is_refused() -> None:
    assert _read("a,b,c", f"{'x' * 10_000},2,3", f"{'x' * 10_001},2,3") == [
        (2, ["x" * 10_000, "2", "3", "", ""]),
        RefusedLine(3, "It has a cell of more than 10,000 characters.", code="INVALID_INPUT"),
    ]


def test_a_line_of_more_than_a_hundred_thousand_characters_is_refused_unparsed() -> None:
    assert _read("a,b,c", '"' + "x" * 200_000) == [
        RefusedLine(2, "It is longer than 100,000 characters.", code="INVALID_INPUT")
    ]


def test_a_refusal_of_the_row_keeps_its_code() -> None:
    def refuse(line: int, cells: Sequence[str]) -> None:
        raise InvalidInput(f"{cells[0]} in {line}")

    assert list(read_rows(["a,b,c", "1,2,3"], COLUMNS, refuse)) == [
        RefusedLine(2, "1 in 2", code="INVALID_INPUT")
    ]


def test_rows_are_streamed() -> None:
    def endless() -> Iterator[str]:
        yield "a,b,c\n"
        while True:
            yield "1,2,3\n"

    assert len(list(islice(read_rows(endless(), COLUMNS, _row), 1000))) == 1000


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]))))
def test_whatever_python_writes_is_read_back(texts: list[str]) -> None:
    lines: list[str] = []

    class Lines:
        def write(self, line: str) -> None:
            lines.append(line)

    csv.writer(Lines()).writerows([["a", "b", "c"], *[["1", text, "."] for text in texts]])
    assert _read(*lines) == [
        (number, ["1", text.strip(), ".", "", ""]) for number, text in enumerate(texts, start=2)
    ]


def test_a_file_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "learners.csv"
    path.write_bytes("\ufeffa,b\r\nZoë,2\r\n".encode())
    assert list(open_csv(path)) == ["\ufeffa,b\r\n", "Zoë,2\r\n"]


def test_a_file_that_is_not_utf8_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "learners.csv"
    path.write_bytes(b"a,b\n1,2\nZo\xeb,3\n")
    lines = open_csv(path)
    assert [next(lines), next(lines)] == ["a,b\n", "1,2\n"]
    with pytest.raises(InvalidInput) as refusal:
        next(lines)
    assert refusal.value.message == (
        "Line 3 of learners.csv is not UTF-8. Save the file as “CSV UTF-8”."
    )


def test_a_file_in_utf16_is_refused_in_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "learners.csv"
    path.write_bytes("a,b\n1,2\n".encode("utf-16"))
    with pytest.raises(InvalidInput, match=r"^Line 1 of learners\.csv is not UTF-8\."):
        list(open_csv(path))


def test_a_file_without_line_ends_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "learners.csv"
    path.write_bytes(b"a,b\n" + b"x" * 100_001)
    with pytest.raises(InvalidInput) as refusal:
        list(open_csv(path))
    assert refusal.value.message == "Line 2 of learners.csv is longer than 100,000 bytes."


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file or directory"):
        list(open_csv(tmp_path / "nowhere.csv"))
    with pytest.raises(InvalidInput, match="Is a directory"):
        list(open_csv(tmp_path))
