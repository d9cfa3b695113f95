"""Progress: bars on a terminal, a plain line now and then elsewhere."""

import sys
from pathlib import Path

import pytest

from cli.progress_bars import count_lines, progress_bars


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the bars see, the last of the list."""
    times = [0.0]
    monkeypatch.setattr("cli.progress_bars.monotonic", lambda: times[-1])
    return times


def test_elsewhere_than_on_a_terminal_a_line_is_written_every_five_seconds(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bars() as new_bar:
        show = new_bar("learners", None)
        for second, done, total in (
            (1, 1000, None),
            (6, 2000, None),
            (7, 3000, 4000),
            (12, 4000, 4000),
        ):
            clock.append(second)
            show(done, total)

    assert capsys.readouterr() == ("", "learners: 2,000\nlearners: 4,000 of 4,000\n")


def test_on_a_terminal_there_are_bars(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    with progress_bars() as new_bar:
        new_bar("checking", 10)(10, None)
        new_bar("recording", None)(3, 4)

    output, errors = capsys.readouterr()
    assert output == ""
    assert "checking" in errors
    assert "10/10" in errors
    assert "3/4" in errors


def test_the_lines_under_the_header_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_text("header\n1\n2\n", encoding="utf-8")

    assert count_lines(file) == 2
    assert count_lines(tmp_path / "absent.csv") is None
