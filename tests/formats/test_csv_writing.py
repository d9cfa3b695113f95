from datetime import UTC, datetime

import pytest

from formats.csv_writing import Cell, csv_lines


def line(*cells: Cell) -> str:
    (written,) = csv_lines([cells])
    return written


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_run_as_a_formula(text: str) -> None:
    assert line(text).startswith(("'", "\"'"))


def test_numbers_stay_numbers_and_keep_every_bit() -> None:
    assert line(-1.5, 0.1 + 0.2, 3.0, -7, 1e300) == "-1.5,0.30000000000000004,3,-7,1e+300\r\n"


def test_nothing_is_an_empty_cell_and_truth_is_a_word() -> None:
    assert line(None, True, False, datetime(2026, 3, 2, tzinfo=UTC)) == (
        ",true,false,2026-03-02T00:00:00+00:00\r\n"
    )


def test_a_cell_never_spreads_over_two_lines() -> None:
    assert line('a "b"\nc', "d,e") == '"a ""b"" c","d,e"\r\n'
