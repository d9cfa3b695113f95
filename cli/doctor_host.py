"""What ``doctor`` looks at on this machine: Python, packages, secrets, tokens, disk, explorer."""

import asyncio
import re
import shutil
import sys
import tomllib
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.finding import Finding, fine, note, wrong

if TYPE_CHECKING:
    from server.settings import Settings

OLDEST_PYTHON = (3, 11)
PROJECT: Final = Path(__file__).parent.parent / "pyproject.toml"
ROOM_NEEDED: Final = 100_000_000  # bytes
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?(?:>=([0-9.]+))?(?:,<([0-9.]+))?")
_GIGABYTE: Final = 1e9
_OTHERS: Final = 0o077


def python() -> Finding:
    """Check the interpreter."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return wrong(f"Python {found} is too old.", "Install 3.11 or a newer one.")
    return fine(f"Python {found}.")


def packages(project: Path = PROJECT) -> Finding:
    """Check that the packages that a project asks for are installed, and new enough."""
    if not project.is_file():
        return fine("Packages: this is an installed wheel, whose installer has checked them.")
    with project.open("rb") as file:
        requirements: list[str] = tomllib.load(file)["project"]["dependencies"]
    faults = [fault for one in requirements if (fault := _fault(one))]
    if faults:
        return wrong(f"Packages: {', '.join(faults)}.", "Run `make install`.")
    return fine(f"Packages: all {len(requirements)} are installed.")


def _fault(requirement: str) -> str | None:
    match = _REQUIREMENT.fullmatch(requirement)
    if match is None:
        return f"{requirement} cannot be read"
    name, oldest, too_new = match.groups()
    try:
        found = version(name)
    except PackageNotFoundError:
        return f"{name} is missing"
    if oldest and _numbers(found) < _numbers(oldest):
        return f"{name} {found} is older than {oldest}"
    if too_new and _numbers(found) >= _numbers(too_new):
        return f"{name} {found} is not older than {too_new}"
    return None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def secrets_file(file: Path = Path(".env")) -> Finding:
    """Check that nobody else reads the secrets in a file of settings."""
    if not file.is_file():
        return fine(f"Secrets: there is no {file} for others to read.")
    if file.stat().st_mode & _OTHERS:
        return note(f"Secrets: others on this machine may read {file}.", f"Run `chmod 600 {file}`.")
    return fine(f"Secrets: only its owner may read {file}.")


def tokens(settings: "Settings") -> Finding:
    """Check that a token that is signed with the secret is taken, and that keys are there."""
    from server.auth import Authenticator
    from server.graphql_endpoint import utc_now
    from server.key_sets import KeysUnavailable
    from server.token_settings import MIN_SECRET_LENGTH
    from server.tokens import InvalidToken
    from server.trial_tokens import TrialToken, sign

    if settings.in_development:
        return fine("Tokens: nobody is asked for one in development mode.")
    hint = "Make a secret with `openssl rand -hex 32`."
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else ""
    if (secret or settings.jwt_jwks_url is None) and (
        len(secret) < MIN_SECRET_LENGTH or len(set(secret)) < len(secret) // 4
    ):
        return wrong("Tokens: COURSEGRADE_JWT_SECRET can be guessed.", hint)

    async def is_taken() -> bool:
        authenticator = Authenticator.of(settings)
        async with authenticator.with_keys():
            if not secret:
                return True
            trial = TrialToken("doctor", staff=True)
            token = sign(settings, trial, now=utc_now(), lifetime=timedelta(minutes=1))
            return (await authenticator.identify(f"Bearer {token}")).viewer.global_staff

    try:
        taken = asyncio.run(is_taken())
    except KeysUnavailable as error:
        return wrong(f"Tokens: {error}", "Ask the issuer, or set COURSEGRADE_JWT_JWKS_URL right.")
    except (InvalidToken, ValueError) as error:
        return wrong(f"Tokens: {error}", hint)
    if not taken:
        return wrong("Tokens: one of staff is not taken for such.", "Report it as a bug.")
    return fine("Tokens: what they are checked with is there.")


def disk(settings: "Settings", *, needed: int = ROOM_NEEDED) -> Finding:
    """Check that there is room, in bytes, for the SQLite file or else for the log."""
    from db.database_url import SqliteFile, parse_database_url
    from db.errors import DatabaseSetupError

    try:
        place = parse_database_url(settings.database_url.get_secret_value())
    except DatabaseSetupError:
        place = None
    folder = place.folder if isinstance(place, SqliteFile) and place.folder else Path()
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        return wrong(
            f"Disk: {free / _GIGABYTE:.1f} GB are free in {folder.absolute()}.",
            f"Make room: {needed / _GIGABYTE:.1f} GB is the least.",
        )
    return fine(f"Disk: {free / _GIGABYTE:.1f} GB are free in {folder.absolute()}.")


def explorer(dist: Path) -> Finding:
    """Check that GraphiQL is built."""
    if (dist / "index.html").is_file():
        return fine("The explorer is built.")
    return note("The explorer is not built; the API works without.", "`make explorer` builds it.")
