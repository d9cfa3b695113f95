"""``import-course --dry-run``: what publishing would change, said before anything is stored."""

import csv
import shutil
import sqlite3
from pathlib import Path
from typing import Final

import pytest

from demo import COURSE, LEARNERS, SCORES
from demo.outline import COURSE_KEY
from tests.cli.commands import Terminal

pytestmark = pytest.mark.slow  # each test runs a row of commands

HEAD: Final = (
    f"{COURSE_KEY}: 6 sections, 18 subsections, 55 problems, 4 assignment types, EDX_2024\n"
)
COLUMNS: Final = (
    "course_id,user_id,percent_before,percent_after,"
    "letter_before,letter_after,passed_before,passed_after"
)


@pytest.fixture
def export(terminal: Terminal) -> Path:
    """An export of the demonstration course, to be changed."""
    folder = terminal.folder / "export"
    shutil.copytree(COURSE, folder)
    return folder


def stored(terminal: Terminal) -> list[str]:
    """Return all that the database holds."""
    database = sqlite3.connect(terminal.folder / "coursegrade.sqlite3")
    try:
        return list(database.iterdump())
    finally:
        database.close()


def change_policy(export: Path, old: str, new: str) -> None:
    policy = export / "policies" / "2026" / "grading_policy.json"
    text = policy.read_text(encoding="utf-8")
    assert old in text
    policy.write_text(text.replace(old, new), encoding="utf-8")


def test_who_would_have_another_grade_is_said_and_nothing_is_stored(
    terminal: Terminal, export: Path
) -> None:
    terminal.succeed("import-course", export)
    terminal.succeed("import-learners", LEARNERS)
    terminal.succeed("import-scores", SCORES)
    change_policy(export, '"type": "Midterm"', '"type": "Midterm exam"')
    before = stored(terminal)

    told = terminal.succeed("import-course", export, "--dry-run", "--report", "changes.csv")

    assert stored(terminal) == before
    lines = told.splitlines(keepends=True)
    assert lines[0] == HEAD
    assert (
        "  warning: 1 graded subsection(s) are of type 'Midterm', "
        "which the policy does not know: they do not count.\n"
    ) in lines
    assert (
        "  renamed: 'Midterm' seems to be 'Midterm exam' now; "
        "1 graded subsection(s) still have the old name and do not count\n"
    ) in lines
    summary = next(line for line in lines if line.startswith("  would be published; of 56 grades "))
    with (terminal.folder / "changes.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert ",".join(header) == COLUMNS
    figures = [dict(zip(header, row, strict=True)) for row in rows]
    percents, letters, passes = (
        sum(row[f"{kind}_before"] != row[f"{kind}_after"] for row in figures)
        for kind in ("percent", "letter", "passed")
    )
    assert summary == (
        f"  would be published; of 56 grades {percents} percents, {letters} letters"
        f" and {passes} passes would change\n"
    )
    assert passes > 20
    named = [line for line in lines if " -> " in line]
    assert len(named) == 20
    assert named[0] == "    amara_okonjo: 75%, C, passed -> 55%, no letter, not passed\n"
    assert lines[-1] == "  ... and more (--report FILE has them all)\n"

    published = terminal.succeed("import-course", export).splitlines(keepends=True)

    assert published[-1] == "  published; 56 grades recomputed\n"
    assert published[:-1] == lines[: lines.index(summary)]


def test_what_is_new_or_as_it_was_changes_no_grade(terminal: Terminal, export: Path) -> None:
    new = terminal.succeed("import-course", export, "--dry-run")
    terminal.succeed("import-course", export)
    same = terminal.succeed("import-course", export, "--dry-run", "--report", "changes.csv")

    assert new == HEAD + "  would be published; nobody has a grade in it\n"
    assert same == HEAD + "  this content is published already\n"
    report = (terminal.folder / "changes.csv").read_bytes().decode()
    assert report == COLUMNS + "\r\n"


def test_a_report_without_a_dry_run_is_a_misuse(terminal: Terminal, export: Path) -> None:
    told = terminal.run("import-course", export, "--report", "changes.csv")

    assert (told.status, told.output) == (2, "")
    assert "goes with --dry-run." in told.errors
    assert not (terminal.folder / "changes.csv").exists()


def test_a_report_never_overwrites_the_export(terminal: Terminal) -> None:
    archive = shutil.make_archive(str(terminal.folder / "course"), "gztar", COURSE.parent, "course")
    before = Path(archive).read_bytes()

    told = terminal.run("import-course", archive, "--dry-run", "--report", archive)

    assert (told.status, told.output) == (1, "")
    assert told.errors == f"INVALID_INPUT: The report would overwrite {archive}.\n"
    assert Path(archive).read_bytes() == before


def test_a_fault_is_told_as_without_a_dry_run(terminal: Terminal, export: Path) -> None:
    change_policy(export, '"weight": 0.15', '"weight": "much"')

    told = terminal.run("import-course", export, "--dry-run")

    assert (told.status, told.output) == (1, "")
    assert told.errors.startswith("INVALID_GRADING_POLICY: ")
    assert not (terminal.folder / "coursegrade.sqlite3").exists()
