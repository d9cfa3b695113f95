"""``doctor``: what would keep the server from starting, in plain words."""

import asyncio
import sys
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import typer

from cli.refusal import CommandRefused

if TYPE_CHECKING:
    from server.settings import Settings

OLDEST_PYTHON = (3, 11)


class Verdict(Enum):
    """How bad a finding is; only what is wrong keeps the server from starting."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "WRONG"


class Finding(NamedTuple):
    """What was looked at, and what was found."""

    verdict: Verdict
    sentence: str


def doctor() -> None:
    """Look for what would keep the server from starting; exit with 1 if there is any."""
    findings = list(_findings())
    for verdict, sentence in findings:
        typer.echo(f"{verdict.value:>5}  {sentence}")
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise typer.Exit(1)


def _findings() -> Iterator[Finding]:
    from cli.session import read_settings

    yield _python()
    try:
        settings = read_settings()
    except CommandRefused as refusal:
        yield Finding(Verdict.WRONG, f"Settings: {refusal.message}")
        return
    yield from _settings(settings)
    yield _database(settings)
    yield _explorer(settings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding(Verdict.WRONG, f"Python {version} is too old; 3.11 is the oldest.")
    return Finding(Verdict.FINE, f"Python {version}.")


def _settings(settings: "Settings") -> Iterator[Finding]:
    faults = settings.faults_of_serving()
    for fault in faults:
        yield Finding(Verdict.WRONG, f"Settings: {fault}")
    if not faults:
        mode = " in development mode: everybody may do everything" * settings.in_development
        yield Finding(
            Verdict.FINE, f"Settings are valid for {settings.host}:{settings.port}{mode}."
        )


def _database(settings: "Settings") -> Finding:
    from db.database_url import parse_database_url
    from db.errors import DatabaseSetupError
    from db.migrate import pending

    url = settings.database_url.get_secret_value()
    try:
        place = parse_database_url(url)
        missing = asyncio.run(pending(url))
    except DatabaseSetupError as error:
        return Finding(Verdict.WRONG, f"Database: {error.code}: {error}")
    if not missing:
        return Finding(Verdict.FINE, f"Database: {place} has the newest schema.")
    if settings.on_sqlite:
        return Finding(
            Verdict.NOTE,
            f"Database: {place} lacks {len(missing)} migrations; every command applies them.",
        )
    return Finding(
        Verdict.WRONG,
        f"Database: {place} lacks {len(missing)} migrations: run `main.py migrate`.",
    )


def _explorer(settings: "Settings") -> Finding:
    if (settings.explorer_dist / "index.html").is_file():
        return Finding(Verdict.FINE, "The explorer is built.")
    return Finding(
        Verdict.NOTE, "The explorer is not built: `make explorer` does it; the API works without."
    )
