"""Which command runs, and what a person sees of settings and databases that are wrong."""

import subprocess
import sys

import pytest

from cli.app import with_command
from cli.refusal import CommandRefused, refusal_of
from cli.session import bring_up_to_date, read_settings
from db.migrate import pending
from grading import CourseNotFound
from tests.cli.commands import ROOT, Terminal, environment

pytestmark = pytest.mark.slow  # each test runs a row of commands


@pytest.mark.parametrize(
    ("given", "run"),
    [
        ([], ["serve"]),
        (["--port", "9000"], ["serve", "--port", "9000"]),
        (["--help"], ["--help"]),
        (["-h"], ["-h"]),
        (["migrate"], ["migrate"]),
        (["serve", "--help"], ["serve", "--help"]),
    ],
)
def test_without_a_command_it_serves(given: list[str], run: list[str]) -> None:
    assert with_command(given) == run


def test_every_command_is_listed_and_none_of_them_is_loaded_for_that() -> None:
    script = (
        "import sys; sys.argv = ['main.py', '--help']\n"
        "from main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "print(sorted({'tortoise', 'strawberry', 'uvicorn', 'rich'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )

    lines = done.stdout.splitlines()
    commands = [line.split()[0] for line in lines[lines.index("Commands:") + 1 : -1]]
    assert commands == [
        "serve",
        "migrate",
        "import-course",
        "import-learners",
        "import-scores",
        "export-grades",
        "import-grades",
        "grant-role",
        "revoke-role",
        "regrade",
        "simulate",
        "relay",
        "schema",
        "doctor",
        "token",
    ]
    assert lines[-1] == "[]"


def test_migrating_names_what_was_applied_and_then_finds_nothing(terminal: Terminal) -> None:
    first = terminal.succeed("migrate").splitlines()
    second = terminal.succeed("migrate")

    assert first[0] == "0001_initial"
    assert second == "up to date\n"


def test_a_misused_command_ends_with_two(terminal: Terminal) -> None:
    unknown = terminal.run("improt-course")
    without = terminal.run("import-scores")
    algorithm = terminal.run("import-course", ".", "--algorithm", "EDX_1999")

    assert (unknown.status, without.status, algorithm.status) == (2, 2, 2)
    assert "'improt-course'" in unknown.errors


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_wrong_settings_are_named_without_their_values(terminal: Terminal, command: str) -> None:
    wrong = Terminal(
        terminal.folder,
        (("COURSEGRADE_PORT", "70123"), ("COURSEGRADE_LOG_LEVEL", "shout")),
    )

    told = wrong.run(command)

    assert (told.status, told.output) == (1, "")
    assert told.errors == (
        "SETTINGS_INVALID: COURSEGRADE_PORT: Input should be less than or equal to 65535. "
        "COURSEGRADE_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'.\n"
    )


def test_a_database_that_cannot_be_used_is_told_in_one_line(terminal: Terminal) -> None:
    url = f"sqlite:///{terminal.folder}/absent/grades.sqlite3"
    wrong = Terminal(terminal.folder, (("COURSEGRADE_DATABASE_URL", url),))
    malformed = Terminal(terminal.folder, (("COURSEGRADE_DATABASE_URL", "mysql://secret@h/x"),))

    for told in (wrong.run("migrate"), wrong.run("regrade", "course-v1:A+B+C")):
        assert told.status == 1
        assert told.errors == (
            f"DATABASE_FOLDER_MISSING: the folder {terminal.folder}/absent for the SQLite file "
            "does not exist; create it\n"
        )
    told = malformed.run("migrate")
    assert told.status == 1
    assert told.errors.startswith("DATABASE_URL_INVALID: the database URL must begin with ")
    assert "secret" not in told.errors


def test_refusals_have_a_line_and_bugs_have_none() -> None:
    assert refusal_of(CourseNotFound("There is none.")) == "COURSE_NOT_FOUND: There is none."
    assert refusal_of(CommandRefused("A_CODE", "Words.")) == "A_CODE: Words."
    assert refusal_of(KeyError("a bug")) is None


async def test_commands_migrate_sqlite_and_leave_postgres_to_its_operator(
    blank_url: str, engine: str
) -> None:
    settings = read_settings(database_url=blank_url)
    lacking = await pending(blank_url)

    if engine == "sqlite":
        await bring_up_to_date(settings)

        assert await pending(blank_url) == []
    else:
        with pytest.raises(CommandRefused) as refused:
            await bring_up_to_date(settings)

        assert refused.value.code == "MIGRATIONS_PENDING"
        assert refused.value.message == (
            f"The database lacks {len(lacking)} migrations, 0001_initial the first: "
            "run `main.py migrate`."
        )
        assert await pending(blank_url) == lacking


async def test_a_migrated_database_is_up_to_date(database_url: str) -> None:
    await bring_up_to_date(read_settings(database_url=database_url))

    assert await pending(database_url) == []
