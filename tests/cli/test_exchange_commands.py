"""``export-grades`` and ``import-grades``, as commands on SQLite."""

import csv
import io

import pytest

from demo import COURSE, LEARNERS, SCORES
from demo.outline import COURSE_KEY
from tests.cli.commands import Terminal

pytestmark = pytest.mark.slow  # each test runs a row of commands


@pytest.fixture
def classroom(terminal: Terminal) -> Terminal:
    """A terminal beside a database with the demonstration course."""
    terminal.succeed("import-course", COURSE)
    terminal.succeed("import-learners", LEARNERS)
    terminal.succeed("import-scores", SCORES)
    return terminal


def test_overrides_go_out_to_a_file_and_come_in_again(classroom: Terminal) -> None:
    file = classroom.folder / "grades.csv"
    classroom.succeed(
        "export-grades", COURSE_KEY, "--format", "overrides", "--output", file, "--inactive"
    )

    assert classroom.succeed("import-grades", COURSE_KEY, file) == (
        "       60 lines read\n        0 lines that changed a grade\n        0 lines refused\n"
    )
    (who, *_) = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    (column, *_) = [name for name in who if name.startswith("new_override-")]
    wanted = classroom.write(
        "wanted.csv", f"user_id,course_id,{column}", f"{who['user_id']},{COURSE_KEY},0.125"
    )
    told = classroom.succeed("import-grades", COURSE_KEY, wanted, "--dry-run")
    assert "1 lines that would change a grade" in told
    told = classroom.succeed("import-grades", COURSE_KEY, wanted, "--reason", "Board")
    assert "1 lines that changed a grade" in told
    assert "0 lines that changed" in classroom.succeed("import-grades", COURSE_KEY, wanted)


def test_a_report_goes_to_standard_output(classroom: Terminal) -> None:
    rows = list(csv.DictReader(io.StringIO(classroom.succeed("export-grades", COURSE_KEY))))

    assert len(rows) > 50
    assert {"Student ID", "Grade", "Homework (Avg)", "Enrollment Status"} <= rows[0].keys()


def test_refused_lines_are_shown_and_reported(classroom: Terminal) -> None:
    wanted = classroom.write("wanted.csv", "user_id,course_id", f"99,{COURSE_KEY}", "x,y")
    report = classroom.folder / "report.csv"

    told = classroom.run("import-grades", COURSE_KEY, wanted, "--report", report)

    assert told.status == 1
    assert "2 lines refused" in told.output
    assert "line 2: LEARNER_NOT_ENROLLED" in told.errors
    assert report.read_text(encoding="utf-8").count("\n") == 3


def test_a_file_that_cannot_be_written_or_read_is_said(classroom: Terminal) -> None:
    told = classroom.run("export-grades", COURSE_KEY, "--output", classroom.folder)
    assert (told.status, "FILE_NOT_WRITABLE" in told.errors) == (1, True)

    told = classroom.run("import-grades", COURSE_KEY, classroom.folder / "none.csv")
    assert (told.status, "INVALID_INPUT" in told.errors) == (1, True)
