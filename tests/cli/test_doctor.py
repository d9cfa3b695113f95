"""``doctor``: what it finds, and when it fails."""

import pytest

from tests.cli.commands import Terminal


def test_a_fresh_sqlite_database_is_healthy(terminal: Terminal) -> None:
    fresh = terminal.succeed("doctor").splitlines()
    terminal.succeed("migrate")
    migrated = terminal.succeed("doctor").splitlines()

    assert fresh[0].startswith(" fine  Python 3.")
    assert fresh[1] == (
        " fine  Settings are valid for 127.0.0.1:8000 in development mode: everybody may do "
        "everything."
    )
    assert fresh[2].startswith(" note  Database: SQLite coursegrade.sqlite3 lacks ")
    assert migrated[2] == " fine  Database: SQLite coursegrade.sqlite3 has the newest schema."


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        pytest.param(
            {"COURSEGRADE_PORT": "-1"},
            "WRONG  Settings: COURSEGRADE_PORT: Input should be greater than or equal to 0.",
            id="setting",
        ),
        pytest.param(
            {"COURSEGRADE_WORKERS": "4"},
            "WRONG  Settings: SQLite is served by one process: set COURSEGRADE_WORKERS to 1, "
            "or use PostgreSQL.",
            id="serving",
        ),
        pytest.param(
            {"COURSEGRADE_DATABASE_URL": "mysql://h/x"},
            "WRONG  Database: DATABASE_URL_INVALID: the database URL must begin with sqlite:// or "
            "postgres://, for example sqlite:///grades.sqlite3 or "
            "postgres://user:password@host:5432/grades",
            id="database",
        ),
    ],
)
def test_what_would_keep_the_server_from_starting_is_wrong(
    terminal: Terminal, variables: dict[str, str], line: str
) -> None:
    told = Terminal(terminal.folder, tuple(variables.items())).run("doctor")

    assert (told.status, told.errors) == (1, "")
    assert line in told.output.splitlines()


def test_a_postgres_database_without_its_schema_is_wrong(
    terminal: Terminal, blank_url: str, engine: str
) -> None:
    if engine == "sqlite":
        pytest.skip("not applicable: every command migrates SQLite")
    variables = (("COURSEGRADE_DATABASE_URL", blank_url), ("COURSEGRADE_DEVELOPMENT", "true"))

    told = Terminal(terminal.folder, variables).run("doctor")

    assert told.status == 1
    (line,) = (line for line in told.output.splitlines() if "Database" in line)
    assert line.startswith("WRONG  Database: PostgreSQL postgres@127.0.0.1:")
    assert line.endswith(" migrations: run `main.py migrate`.")
