"""The table and the page: every figure in its place, targets beside what was reached."""

import pytest

from bench.publication import END, PAGE, begin, with_table
from bench.results import Result, table, verdict
from bench.rounds import Figures, Plan, Round
from bench.subject import ARITHMETIC, FANOUT, FLOOR, NAIVE, OURS, REGRADE, STOCK
from tests.bench.rounds import result_of

MISSED = "**missed** by"


def test_the_table_has_a_row_for_each_server_with_its_figures() -> None:
    rows = table([result_of()]).splitlines()[2:]

    assert rows == [
        "| W1 one grade | CourseGrade | 100 us | 100 | 2 ms | 3 ms | 1 |  |  |  |  |",
        "|  | floor | 99 us | 100 | 2 ms | 3 ms | 1 | 0.95 x | 1.00 x | 0.9 x | met |",
        f"|  | Mercurius | 130 us | 100 | 2 ms | 3 ms |  | 1.30 x | 1.00 x | 1.4 x | {MISSED} 7% |",
        "|  | naive Strawberry | 5,000 us | 100 | 2 ms | 3 ms |  | 50.00 x | 1.00 x | 40 x | met |",
    ]


def test_slow_answers_are_told_in_whole_milliseconds() -> None:
    slow = [Round(rate=0.7, cpu=750_000.0, latencies=[1.5], size=10)]
    figures = {NAIVE: Figures.of(slow, statements=3328)}

    (row,) = table([Result("sqlite", "W3", figures, {})]).splitlines()[2:]

    assert "| naive Strawberry | 750.0 ms | 0.7 | 1,500 ms | 1,500 ms | 3328 |" in row


def test_a_timed_subject_has_to_reach_its_target_in_both_measures() -> None:
    ours, floor, stock = (
        [Round(rate, cpu, [0.01])] for rate, cpu in ((10.0, 100.0), (20.0, 90.0), (1.0, 900.0))
    )

    result = Result.of("sqlite", FANOUT, {OURS: ours, FLOOR: floor, STOCK: stock}, {})

    _, floors, stocks = (line.split(" | ") for line in table([result]).splitlines()[2:])
    assert floors[-3:-1] == ["0.50 x", "0.833 x in both"]
    assert floors[-1] == "CPU met, time **missed** by 40% |"
    assert stocks[-1] == "CPU **missed** by 10%, time met |"


def test_parts_of_the_floor_have_ratios_but_no_target() -> None:
    rounds = {OURS: [Round(1.0, 100.0, [1.0])], ARITHMETIC: [Round(2.0, 25.0, [1.0])]}

    (_, part) = table([Result.of("sqlite", REGRADE, rounds, {})]).splitlines()[2:]

    assert part.endswith("| 0.25 x | 0.50 x |  |  |")


def test_each_row_has_as_many_cells_as_the_head() -> None:
    lines = table([result_of("W1"), result_of("W5")]).splitlines()

    assert {line.count("|") for line in lines} == {lines[0].count("|")}


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.9, "met"), (0.91, "met"), (0.899, "**missed** by 0%"), (0.45, "**missed** by 50%")],
)
def test_a_target_is_met_from_its_own_value_on(ratio: float, expected: str) -> None:
    assert verdict(ratio, 0.9) == expected


def test_the_json_keeps_ratios_and_figures_by_server() -> None:
    content = result_of().as_json()

    assert (content["engine"], content["workload"]) == ("postgres", "W1")
    assert set(content) == {"engine", "workload", "figures", "ratios", "spent"}


def test_a_table_takes_the_place_of_the_older_one_of_its_engine_and_leaves_the_rest() -> None:
    other = f"{begin('sqlite')}\nkept\n{END}"
    page = f"before\n{begin('postgres')}\nold\n{END}\nbetween\n{other}\nafter\n"

    written = with_table(page, "postgres", [result_of()], Plan(rounds=3, seconds=1.5, sample=30))

    assert written.startswith(f"before\n{begin('postgres')}\n")
    assert written.endswith(f"{END}\nbetween\n{other}\nafter\n")
    assert "old" not in written
    assert "3 rounds of 1.5 s each." in written
    assert "objects: 30 learners, their time scaled to 10,000." in written
    assert "](ratios-postgres.svg)" in written
    assert table([result_of()]) in written


def test_a_page_without_the_place_for_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        with_table("a page", "postgres", [result_of()], Plan())


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_the_page_of_the_bench_has_the_place_for_tables(engine: str) -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page.index(begin(engine)) < page.index(END, page.index(begin(engine)))
