"""The imports and ``regrade``, as commands on SQLite."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from demo import COURSE, LEARNERS, SCORES
from demo.outline import COURSE_KEY
from tests.cli.commands import Terminal

pytestmark = pytest.mark.slow  # each test runs a row of commands

PROBLEM = "block-v1:CourseGrade+DEMO101+2026+type@problem+block@star_day"
WEIGHTED_PROBLEM = PROBLEM.replace("star_day", "midterm_three_places")


def _count(terminal: Terminal, table: str) -> int:
    database = sqlite3.connect(terminal.folder / "coursegrade.sqlite3")
    try:
        ((count,),) = database.execute(f"select count(*) from {table}")
        return int(count)
    finally:
        database.close()


def test_a_course_its_learners_and_their_scores_are_imported_and_graded(
    terminal: Terminal,
) -> None:
    assert terminal.succeed("import-course", COURSE) == (
        f"{COURSE_KEY}: 6 sections, 18 subsections, 55 problems, 4 assignment types, EDX_2024\n"
        "  published; 0 grades recomputed\n"
    )
    assert terminal.succeed("import-learners", LEARNERS) == (
        "       60 lines read\n"
        "       60 learners added\n"
        "        0 learners updated\n"
        "       60 enrollments added\n"
        "        0 enrollments updated\n"
        "        0 roles added\n"
        "        0 lines without a course\n"
        "        0 lines refused\n"
    )
    assert terminal.succeed("import-scores", SCORES) == (
        "    2,318 lines read\n"
        "    2,318 scores recorded\n"
        "        0 scores that are stored already\n"
        "        0 scores older than the stored one\n"
        "        0 lines refused\n"
        "       56 learners graded\n"
    )
    assert terminal.succeed("import-scores", SCORES) == (
        "    2,318 lines read\n"
        "        0 scores recorded\n"
        "    2,153 scores that are stored already\n"
        "      165 scores older than the stored one\n"
        "        0 lines refused\n"
        "        0 learners graded\n"
    )
    assert terminal.succeed("import-course", COURSE, "--algorithm", "EDX_2022") == (
        f"{COURSE_KEY}: 6 sections, 18 subsections, 55 problems, 4 assignment types, EDX_2022\n"
        "  published; 56 grades recomputed\n"
    )
    assert terminal.succeed("import-course", COURSE, "--algorithm", "EDX_2022") == (
        f"{COURSE_KEY}: 6 sections, 18 subsections, 55 problems, 4 assignment types, EDX_2022\n"
        "  this content is published already\n"
    )
    assert terminal.succeed("regrade", COURSE_KEY, "--no-force") == "60 learners regraded\n"


def test_a_course_may_be_given_another_key_and_its_oddities_are_told(
    terminal: Terminal,
) -> None:
    export = terminal.folder / "export"
    shutil.copytree(COURSE, export)
    (export / "policies" / "2026" / "grading_policy.json").unlink()

    told = terminal.run("import-course", export, "--course-key", "course-v1:Org+Sky+1")

    assert (told.status, told.errors) == (0, "")
    first, *warnings, last = told.output.splitlines()
    assert first.startswith("course-v1:Org+Sky+1: 6 sections, ")
    assert warnings != []
    assert all(line.startswith("  warning: ") for line in warnings)
    assert last == "  published; 0 grades recomputed"


def test_of_several_exports_none_is_published_when_one_has_a_fault(terminal: Terminal) -> None:
    told = terminal.run("import-course", COURSE, terminal.folder / "absent")

    assert told.status == 1
    assert told.errors.startswith("INVALID_INPUT: ")
    assert told.errors.count("\n") == 1
    assert told.output == ""
    assert not (terminal.folder / "coursegrade.sqlite3").exists()


def test_two_exports_of_one_course_are_refused(terminal: Terminal) -> None:
    twin = terminal.folder / "twin"
    shutil.copytree(COURSE, twin)

    told = terminal.run("import-course", COURSE, twin)

    assert (told.status, told.output) == (1, "")
    assert told.errors == f"DUPLICATE_ITEM: {COURSE} and {twin} are both of {COURSE_KEY}.\n"
    assert not (terminal.folder / "coursegrade.sqlite3").exists()


def test_a_key_for_several_exports_is_a_misuse(terminal: Terminal) -> None:
    told = terminal.run("import-course", COURSE, COURSE, "--course-key", "course-v1:A+B+C")

    assert (told.status, told.output) == (2, "")
    assert "goes with one export, not with several." in told.errors


def test_refused_lines_are_told_and_reported_and_keep_the_file_out(terminal: Terminal) -> None:
    terminal.succeed("import-course", COURSE)
    file = terminal.write(
        "learners.csv", "user_id,username,email", "1,ada,", "x,bea,", "3,cyd,no address"
    )

    told = terminal.run("import-learners", file, "--course", COURSE_KEY, "--report", "report.csv")

    assert (told.status, told.output) == (1, "")
    assert told.errors == (
        "line 3: INVALID_INPUT: user_id must be a whole number from 1 to 2^63 - 1, not 'x'.\n"
        "line 4: INVALID_INPUT: email must have an @: 'no address'.\n"
        f"IMPORT_REFUSED: 2 lines of {file} cannot be imported; nothing was stored. "
        "Mend the file, or import the rest with --keep-going.\n"
    )
    assert (terminal.folder / "report.csv").read_text(encoding="utf-8") == (
        "line,code,reason\n"
        "3,INVALID_INPUT,\"user_id must be a whole number from 1 to 2^63 - 1, not 'x'.\"\n"
        "4,INVALID_INPUT,email must have an @: 'no address'.\n"
    )
    assert _count(terminal, "learner") == 0


def test_with_keep_going_the_rest_is_imported(terminal: Terminal) -> None:
    terminal.succeed("import-course", COURSE)
    terminal.succeed("import-learners", LEARNERS)
    file = terminal.write(
        "scores.csv",
        "user_id,usage_key,score_given,score_maximum,timestamp",
        f"101,{PROBLEM},1,1,2026-10-01T08:00:00Z",
        f"7,{PROBLEM},1,1,2026-10-01T08:00:00Z",
    )

    told = terminal.run("import-scores", file, "--keep-going")

    assert told.status == 0
    assert told.errors == ("line 3: LEARNER_NOT_FOUND: There is no learner whose user_id is 7.\n")
    assert "        1 scores recorded\n" in told.output
    assert "        1 lines refused\n" in told.output
    assert _count(terminal, "problem_score") == 1


def test_refused_scores_keep_the_file_out(terminal: Terminal) -> None:
    terminal.succeed("import-course", COURSE)
    terminal.succeed("import-learners", LEARNERS)
    file = terminal.write(
        "scores.csv",
        "user_id,usage_key,score_given,score_maximum,timestamp",
        f"101,{PROBLEM},1,1,2026-10-01T08:00:00Z",
        f"101,{PROBLEM},nan,1,2026-10-01T08:00:00Z",
    )

    told = terminal.run("import-scores", file)

    assert (told.status, told.output) == (1, "")
    assert told.errors == (
        "line 3: SCORE_OUT_OF_RANGE: score_given must be a finite number from 0 on, not nan.\n"
        f"IMPORT_REFUSED: 1 line of {file} cannot be imported; nothing was stored. "
        "Mend the file, or import the rest with --keep-going.\n"
    )
    assert _count(terminal, "problem_score") == 0


def test_a_learner_who_cannot_be_graded_is_told_and_ends_with_one(terminal: Terminal) -> None:
    terminal.succeed("import-course", COURSE)
    terminal.succeed("import-learners", LEARNERS)
    file = terminal.write(
        "scores.csv",
        "user_id,usage_key,score_given,score_maximum,timestamp",
        f"101,{WEIGHTED_PROBLEM},1e12,1e-300,2026-10-01T08:00:00Z",
    )

    told = terminal.run("import-scores", file)

    assert told.status == 1
    assert told.errors.splitlines()[-1].startswith("COMPUTATION_FAILED: 1 learners could not be")
    assert _count(terminal, "problem_score") == 0


def test_a_file_without_its_columns_is_refused_before_there_is_a_database(
    terminal: Terminal,
) -> None:
    file = terminal.write("learners.csv", "id,name", "1,ada")

    for command in ("import-learners", "import-scores"):
        told = terminal.run(command, file)

        assert (told.status, told.output) == (1, "")
        assert told.errors.startswith("INVALID_INPUT: Unknown: 'id', 'name'. Missing: ")
    assert not (terminal.folder / "coursegrade.sqlite3").exists()


def test_a_report_never_overwrites_the_file_itself(terminal: Terminal) -> None:
    before = LEARNERS.read_bytes()
    copy = terminal.folder / "learners.csv"
    copy.write_bytes(before)

    told = terminal.run("import-learners", copy, "--report", Path("learners.csv"))

    assert (told.status, told.errors) == (1, f"INVALID_INPUT: The report would overwrite {copy}.\n")
    assert copy.read_bytes() == before


def test_a_report_that_cannot_be_written_stops_the_import_before_it_begins(
    terminal: Terminal,
) -> None:
    told = terminal.run("import-scores", SCORES, "--report", "absent/report.csv")

    assert told.status == 1
    assert told.errors == (
        "REPORT_NOT_WRITABLE: absent/report.csv cannot be written: No such file or directory.\n"
    )
    assert not (terminal.folder / "coursegrade.sqlite3").exists()


def test_an_unknown_course_and_a_malformed_key_are_refused(terminal: Terminal) -> None:
    unknown = terminal.run("regrade", "course-v1:A+B+C")
    malformed = terminal.run("regrade", "A/B/C")

    assert (unknown.status, malformed.status) == (1, 1)
    assert unknown.errors == (
        "COURSE_NOT_FOUND: There is no course course-v1:A+B+C, or you may not know of it.\n"
    )
    assert malformed.errors == (
        "INVALID_INPUT: 'A/B/C' is no course key; expected course-v1:ORG+COURSE+RUN.\n"
    )
