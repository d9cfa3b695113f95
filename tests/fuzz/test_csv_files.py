"""Mutated CSV files: each line a row or refused in words, or the file refused as a whole."""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from formats.csv_rows import RefusedLine, open_csv
from formats.learners_csv import LearnerRow, read_learners
from formats.scores_csv import ScoreRow, read_scores
from grading import InvalidInput
from tests.fuzz.bounds import MOST, most_memory, read_or_refused
from tests.fuzz.mutations import mutated

DEMO: Final = Path(__file__).parents[2] / "demo"
TIMES: Final = int(os.environ.get("FUZZ_TIMES", "1"))
LINES: Final = 30

Row = LearnerRow | ScoreRow | RefusedLine
Reader = Callable[[Iterable[str]], Iterator[Row]]

FILES: Final = [
    pytest.param("learners.csv", read_learners, id="learners"),
    pytest.param("scores.csv", read_scores, id="scores"),
]


def head_of(name: str, lines: int = LINES) -> bytes:
    return b"".join((DEMO / name).read_bytes().splitlines(keepends=True)[:lines])


@pytest.mark.parametrize(("name", "reader"), FILES)
def test_each_line_of_a_mutated_file_is_a_row_or_refused(
    tmp_path: Path, name: str, reader: Reader
) -> None:
    chance = random.Random(name)
    content = head_of(name)
    path = tmp_path / name
    outcomes: Counter[str] = Counter()
    for _ in range(1_000 * TIMES):
        path.write_bytes(mutated(content, chance))
        found = read_or_refused(lambda: list(reader(open_csv(path))))
        if not isinstance(found, list):
            assert isinstance(found, InvalidInput)
            outcomes["file refused"] += 1
            continue
        for row in found:
            outcomes[type(row).__name__] += 1
            if isinstance(row, RefusedLine):
                assert row.reason
                assert row.code
                assert len(row.reason) < 1_000

    assert min(outcomes["file refused"], outcomes["RefusedLine"]) > 50
    assert outcomes["LearnerRow"] + outcomes["ScoreRow"] > 1_000


@pytest.mark.slow
@pytest.mark.parametrize(("name", "reader"), FILES)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x00" * 30_000_000, id="zeros"),
        pytest.param(b"a" * 30_000_000, id="one line"),
        pytest.param(b'"' * 30_000_000, id="quotes"),
        pytest.param(b"," * 90_000 + b"\n", id="columns"),
        pytest.param(b"\n" * 3_000_000, id="empty lines"),
        pytest.param(b"\xff\xfe" + "user_id,username\n".encode("utf-16-le"), id="utf-16"),
    ],
)
def test_a_file_of_nothing_but_one_thing_is_refused_at_once(
    tmp_path: Path, name: str, reader: Reader, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = most_memory()

    refused = read_or_refused(lambda: list(reader(open_csv(path))))

    assert isinstance(refused, InvalidInput)
    assert most_memory() - before < MOST


@pytest.mark.slow
@pytest.mark.parametrize(("name", "reader"), FILES)
def test_lines_that_are_all_wrong_are_refused_one_by_one(
    tmp_path: Path, name: str, reader: Reader
) -> None:
    path = tmp_path / name
    path.write_bytes(head_of(name, 1) + b'"' * 60_000 + b"\n" + b'",",",\n' * 100_000)

    found = read_or_refused(
        lambda: sum(isinstance(row, RefusedLine) for row in reader(open_csv(path)))
    )

    assert found == 100_001
