"""``token``."""

import asyncio
from datetime import UTC, datetime

import pytest

from grading import CourseKey, LearnerId
from resolvers.access import Scope, ServiceGrant, Viewer
from server.auth import Authenticator, Identity
from server.settings import Settings
from tests.cli.commands import Terminal

pytestmark = pytest.mark.slow  # each test runs a row of commands

SECRET = "0123456789abcdef" * 2
HEAT = CourseKey("course-v1:Acme+Heat+2026")
READ = frozenset({Scope.GRADES_READ})


@pytest.fixture
def with_secret(terminal: Terminal) -> Terminal:
    """A terminal that knows the secret."""
    return Terminal(terminal.folder, (("COURSEGRADE_JWT_SECRET", SECRET),))


def identity(token: str) -> Identity:
    settings = Settings(jwt_secret=SECRET, _env_file=None)  # type: ignore[arg-type,call-arg]
    return asyncio.run(Authenticator.of(settings).identify(f"Bearer {token.strip()}"))


@pytest.mark.parametrize(
    ("options", "viewer"),
    [
        ("--staff", Viewer("ann", global_staff=True)),
        ("", Viewer("ann")),
        ("--user-id 7", Viewer("ann", learner_id=LearnerId(7))),
        (f"--course-staff {HEAT}", Viewer("ann", staff_of=frozenset({HEAT}))),
        (
            "--scope grades:read --scope grades:write",
            Viewer("ann", service=ServiceGrant(READ | {Scope.GRADES_WRITE})),
        ),
        (
            f"--scope grades:read --org Acme --course {HEAT}",
            Viewer("ann", service=ServiceGrant(READ, frozenset({"Acme"}), frozenset({HEAT}))),
        ),
        ("--scope grades:read --me", Viewer("ann", service=ServiceGrant(READ, own_only=True))),
    ],
)
def test_a_token_of_each_kind_is_taken_by_a_server_with_the_same_secret(
    with_secret: Terminal, options: str, viewer: Viewer
) -> None:
    token = with_secret.succeed("token", "--user", "ann", *options.split())

    assert identity(token).viewer == viewer


def test_a_token_lasts_as_long_as_it_is_told_to(with_secret: Terminal) -> None:
    began = datetime.now(UTC).replace(microsecond=0)  # tokens say it in whole seconds
    for lifetime, seconds in (("90m", 5_400), ("8h", 28_800), ("366d", 31_622_400)):
        token = with_secret.succeed("token", "--user", "ann", "--lifetime", lifetime)

        holds_until = identity(token).holds_until
        assert holds_until is not None
        assert 0 <= (holds_until - began).total_seconds() - 30 - seconds < 60


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--lifetime 0h", "'0h' is no lifetime; give one like 30m, 8h or 7d, at most 366d."),
        ("--lifetime 367d", "'367d' is no lifetime; give one like 30m, 8h or 7d, at most 366d."),
        ("--lifetime ever", "'ever' is no lifetime; give one like 30m, 8h or 7d, at most 366d."),
        (
            "--scope grades:all",
            (
                "There is no scope 'grades:all'; there are grades:read, grades:write, "
                "courses:write, events:read."
            ),
        ),
        (
            "--scope grades:read --staff",
            "A service acts with its scopes: leave --staff and --course-staff off.",
        ),
        ("--org Acme", "--org, --course and --me restrict a service: add a --scope."),
    ],
)
def test_what_makes_no_token_is_refused(with_secret: Terminal, options: str, message: str) -> None:
    told = with_secret.run("token", "--user", "ann", *options.split())

    assert (told.status, told.output, told.errors) == (1, "", f"INVALID_INPUT: {message}\n")


def test_without_a_secret_there_is_no_token(terminal: Terminal) -> None:
    told = terminal.run("token", "--user", "ann")

    assert (told.status, told.output) == (1, "")
    assert told.errors == (
        "NO_SECRET: There is no secret to sign with: set COURSEGRADE_JWT_SECRET.\n"
    )
