"""The table and the page: every figure in its place, targets beside what was reached."""

import pytest

from bench.publication import BEGIN, END, PAGE, with_tables
from bench.results import Result, table, verdict
from bench.rounds import Figures, Plan, Round
from bench.workloads import NAIVE
from tests.bench.rounds import result_of


def test_the_table_has_a_row_for_each_server_with_its_figures() -> None:
    rows = table([result_of()]).splitlines()[2:]

    assert rows == [
        "| W1 one grade | CourseGrade | 100 us | 100 | 2 ms | 3 ms | 1 |  |  |  |  |",
        "|  | floor | 99 us | 100 | 2 ms | 3 ms | 1 | 0.95 x | 1.00 x | 0.9 x | met |",
        "|  | Mercurius | 130 us | 100 | 2 ms | 3 ms |  | 1.30 x | 1.00 x | 1.4 x | missed by 7% |",
        "|  | naive Strawberry | 5,000 us | 100 | 2 ms | 3 ms |  | 50.00 x | 1.00 x | 40 x | met |",
    ]


def test_slow_answers_are_told_in_whole_milliseconds() -> None:
    slow = [Round(rate=0.7, cpu=750_000.0, latencies=[1.5], size=10)]
    figures = {NAIVE: Figures.of(slow, statements=3328)}

    (row,) = table([Result("sqlite", "W3", figures, {})]).splitlines()[2:]

    assert "| naive Strawberry | 750.0 ms | 0.7 | 1,500 ms | 1,500 ms | 3328 |" in row


def test_each_row_has_as_many_cells_as_the_head() -> None:
    lines = table([result_of("W1"), result_of("W5")]).splitlines()

    assert {line.count("|") for line in lines} == {lines[0].count("|")}


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.9, "met"), (0.91, "met"), (0.899, "missed by 0%"), (0.45, "missed by 50%")],
)
def test_a_target_is_met_from_its_own_value_on(ratio: float, expected: str) -> None:
    assert verdict(ratio, 0.9) == expected


def test_the_json_keeps_ratios_and_figures_by_server() -> None:
    content = result_of().as_json()

    assert (content["engine"], content["workload"]) == ("postgres", "W1")
    assert set(content) == {"engine", "workload", "figures", "ratios"}


def test_tables_take_the_place_of_the_older_ones_and_leave_the_rest() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    written = with_tables(page, [result_of()], Plan(rounds=3, seconds=1.5))

    assert written.startswith(f"before\n{BEGIN}\n")
    assert written.endswith(f"{END}\nafter\n")
    assert "old" not in written
    assert "3 rounds of 1.5 s each." in written
    assert table([result_of()]) in written


def test_a_page_without_the_place_for_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        with_tables("a page", [result_of()], Plan())


def test_the_page_of_the_bench_has_the_place_for_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page.index(BEGIN) < page.index(END)
