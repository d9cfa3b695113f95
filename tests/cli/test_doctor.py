"""``doctor``: what it finds, and when it fails. Each fault is a real one."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import doctor_host, doctor_network
from cli.doctor_database import sqlite_storage
from cli.finding import Finding, Verdict
from db.connection import connected
from db.sql import execute
from server.settings import Settings
from tests.cli.commands import Terminal
from tests.events.conftest import NatsServer
from tests.server.live_server import serving, settings_of

pytestmark = pytest.mark.slow  # each test looks at a machine and a database

SECRET = "0123456789abcdef0123456789abcdef"


def _with(terminal: Terminal, **variables: str) -> Terminal:
    named = {f"COURSEGRADE_{name.upper()}": value for name, value in variables.items()}
    return Terminal(terminal.folder, tuple(named.items()))


def _settings(**changes: object) -> Settings:
    return Settings.model_validate({"development": None, **changes})


@contextmanager
def _taken_port(answer: bytes | None = None) -> Iterator[int]:
    """Listen as somebody else would."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave no COURSEGRADE_ variable and no `.env` to read."""
    for name in [name for name in os.environ if name.startswith("COURSEGRADE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_a_fresh_sqlite_database_is_healthy(terminal: Terminal) -> None:
    port = _free_port()
    there = _with(terminal, port=str(port))
    fresh = there.succeed("doctor").splitlines()
    there.succeed("migrate")
    migrated = there.succeed("doctor").splitlines()

    assert fresh[0].startswith(" fine  Python 3.")
    assert fresh[1].startswith(" fine  Packages: all ")
    assert fresh[2] == (
        f" fine  Settings are valid for 127.0.0.1:{port} in development mode: everybody may do "
        "everything."
    )
    assert fresh[6].startswith(" note  Database: SQLite coursegrade.sqlite3 lacks ")
    assert migrated[6:10] == [
        " fine  Database: SQLite coursegrade.sqlite3 has the newest schema.",
        " fine  Schema: no newer version has changed it.",
        " fine  SQLite: it writes ahead and syncs fully.",
        f" fine  Port: 127.0.0.1:{port} is free.",
    ]


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        pytest.param(
            {"port": "-1"},
            "WRONG  Settings: COURSEGRADE_PORT: Input should be greater than or equal to 0. "
            "Mend them in the environment or in .env.",
            id="setting",
        ),
        pytest.param(
            {"workers": "4"},
            "WRONG  Settings: SQLite is served by one process: set COURSEGRADE_WORKERS to 1, "
            "or use PostgreSQL.",
            id="workers",
        ),
        pytest.param(
            {"development": "false"},
            "WRONG  Settings: Without development mode the server needs COURSEGRADE_JWT_SECRET or "
            "COURSEGRADE_JWT_JWKS_URL to know who is asking: set one, or "
            "COURSEGRADE_DEVELOPMENT=true on a loopback address.",
            id="no secret",
        ),
        pytest.param(
            {"jwt_secret": "short"},
            "WRONG  Settings: COURSEGRADE_JWT_SECRET has fewer than 32 characters.",
            id="short secret",
        ),
        pytest.param(
            {"database_url": "mysql://h/x"},
            "WRONG  Database: DATABASE_URL_INVALID: the database URL must begin with sqlite:// or "
            "postgres://, for example sqlite:///grades.sqlite3 or "
            "postgres://user:password@host:5432/grades",
            id="database",
        ),
        pytest.param(
            {"database_url": "sqlite://:memory:"},
            "WRONG  SQLite: all is kept in memory, and lost at the end. Name a file in "
            "COURSEGRADE_DATABASE_URL.",
            id="memory",
        ),
    ],
)
def test_what_would_keep_the_server_from_working_is_wrong(
    terminal: Terminal, variables: dict[str, str], line: str
) -> None:
    told = _with(terminal, **variables).run("doctor")

    assert (told.status, told.errors) == (1, "")
    assert line in told.output.splitlines()


def test_a_server_that_is_not_there_is_wrong(terminal: Terminal) -> None:
    url = f"postgres://ann:hidden@127.0.0.1:{_free_port()}/grades"

    told = _with(terminal, database_url=url, jwt_secret=SECRET).run("doctor")

    (line,) = (line for line in told.output.splitlines() if "Database" in line)
    assert told.status == 1
    assert line.startswith("WRONG  Database: DATABASE_UNREACHABLE: PostgreSQL ann@127.0.0.1:")
    assert "hidden" not in told.output


def test_a_postgres_database_without_its_schema_is_wrong(
    terminal: Terminal, blank_url: str, engine: str
) -> None:
    if engine == "sqlite":
        pytest.skip("not applicable: every command migrates SQLite")

    told = _with(terminal, database_url=blank_url, development="true").run("doctor")

    assert told.status == 1
    (line,) = (line for line in told.output.splitlines() if "Database" in line)
    assert line.startswith("WRONG  Database: PostgreSQL postgres@127.0.0.1:")
    assert line.endswith(" migrations: run `main.py migrate`.")


def test_a_schema_of_a_newer_version_is_wrong(terminal: Terminal, database_url: str) -> None:
    asyncio.run(_from_the_future(database_url))

    told = _with(terminal, database_url=database_url, development="true").run("doctor")

    assert told.status == 1
    assert (
        "WRONG  Schema: a newer version of CourseGrade applied 9999_future. Run that version here, "
        "too."
    ) in told.output.splitlines()


async def _from_the_future(database_url: str) -> None:
    async with connected(database_url):
        await execute(
            "insert into tortoise_migrations (app, name, applied_at) values ($1, $2, $3)",
            *("grades", "9999_future", datetime(2026, 1, 1, tzinfo=UTC)),
        )


async def test_a_file_database_writes_ahead_and_syncs_fully(tmp_path: Path) -> None:
    async with connected(f"sqlite:///{tmp_path / 'new.sqlite3'}"):
        assert await sqlite_storage() == Finding(
            Verdict.FINE, "SQLite: it writes ahead and syncs fully."
        )


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [
        ("coursegrade-is-not-there>=1", "coursegrade-is-not-there is missing"),
        ("typer>=999.1", "is older than 999.1"),
        ("typer>=0.1,<0.2", "is not older than 0.2"),
    ],
)
def test_a_package_that_is_missing_or_of_a_wrong_version_is_wrong(
    tmp_path: Path, requirement: str, fault: str
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(f'[project]\ndependencies = ["rich>=1", "{requirement}"]\n')

    verdict, sentence = doctor_host.packages(project)

    assert verdict is Verdict.WRONG
    assert sentence.endswith(f"{fault}. Run `make install`.")


def test_secrets_that_others_may_read_are_noted(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.touch(mode=0o600)
    closed = doctor_host.secrets_file(file)
    file.chmod(0o644)
    opened = doctor_host.secrets_file(file)

    assert closed == Finding(Verdict.FINE, f"Secrets: only its owner may read {file}.")
    assert opened == Finding(
        Verdict.NOTE,
        f"Secrets: others on this machine may read {file}. Run `chmod 600 {file}`.",
    )


@pytest.mark.parametrize(
    ("secret", "verdict"), [(SECRET, Verdict.FINE), ("x" * 40, Verdict.WRONG), ("", Verdict.WRONG)]
)
def test_tokens_need_a_secret_that_nobody_guesses(secret: str, verdict: Verdict) -> None:
    settings = _settings(jwt_secret=secret, development=False)

    assert doctor_host.tokens(settings).verdict is verdict


def test_a_full_disk_is_wrong() -> None:
    assert doctor_host.disk(_settings()).verdict is Verdict.FINE
    full = doctor_host.disk(_settings(), needed=10**18)

    assert full.verdict is Verdict.WRONG
    assert full.sentence.endswith("Make room: 1000000000.0 GB is the least.")


def test_an_explorer_that_was_not_built_is_noted(tmp_path: Path) -> None:
    assert doctor_host.explorer(tmp_path).verdict is Verdict.NOTE
    (tmp_path / "index.html").touch()

    assert doctor_host.explorer(tmp_path) == Finding(Verdict.FINE, "The explorer is built.")


def test_a_port_that_somebody_else_has_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_network, "_PATIENCE", 0.1)  # they never answer
    with _taken_port() as port:
        taken = doctor_network.port("127.0.0.1", port)
        for_metrics = doctor_network.metrics_port("127.0.0.1", port)

    assert taken == Finding(
        Verdict.WRONG,
        f"Port: nobody can listen at 127.0.0.1:{port}: Address already in use. End what does, or "
        "set COURSEGRADE_HOST and COURSEGRADE_PORT.",
    )
    assert for_metrics.verdict is Verdict.WRONG


async def test_a_port_that_a_server_of_ours_has_is_noted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'grades.sqlite3'}"
    await asyncio.to_thread(
        Terminal(tmp_path, (("COURSEGRADE_DATABASE_URL", url),)).succeed, "migrate"
    )
    async with serving(settings_of(url)) as server:
        host, _, port = server.address.partition(":")
        found = await asyncio.to_thread(doctor_network.port, host, int(port))

    assert found == Finding(
        Verdict.NOTE,
        f"Port: a server answers at {server.address} already. To begin another, end it.",
    )


async def test_an_address_that_is_not_ours_is_wrong() -> None:
    found = doctor_network.port("192.0.2.1", 8000)

    assert found.verdict is Verdict.WRONG
    assert found.sentence.startswith("Port: nobody can listen at 192.0.2.1:8000: ")


@pytest.mark.slow
async def test_nats_that_is_not_there_is_wrong() -> None:
    found = await doctor_network.nats(f"nats://127.0.0.1:{_free_port()}")

    assert found.verdict is Verdict.WRONG
    assert found.sentence.startswith("NATS: it does not answer: ")


async def test_nats_that_is_there_is_fine(nats_server: NatsServer) -> None:
    assert await doctor_network.nats(nats_server.url) == Finding(Verdict.FINE, "NATS: it answers.")


def test_a_collector_of_traces_that_is_not_there_is_wrong() -> None:
    found = doctor_network.otel(f"http://127.0.0.1:{_free_port()}")

    assert found.verdict is Verdict.WRONG
    assert found.sentence.endswith("Start the collector, or mend COURSEGRADE_OTEL_ENDPOINT.")


async def test_an_endpoint_that_takes_no_traces_is_wrong(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'grades.sqlite3'}"
    await asyncio.to_thread(
        Terminal(tmp_path, (("COURSEGRADE_DATABASE_URL", url),)).succeed, "migrate"
    )
    async with serving(settings_of(url)) as server:
        found = await asyncio.to_thread(doctor_network.otel, f"http://{server.address}")

    assert found.verdict is Verdict.WRONG
    assert f"http://{server.address} answers with status 40" in found.sentence
