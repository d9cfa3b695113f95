"""``token``."""

from server.auth import Authenticator
from server.settings import Settings
from tests.cli.commands import Terminal

SECRET = "0123456789abcdef" * 2


def test_a_token_is_taken_by_a_server_with_the_same_secret(terminal: Terminal) -> None:
    with_secret = Terminal(terminal.folder, (("COURSEGRADE_JWT_SECRET", SECRET),))

    token = with_secret.succeed("token", "ann", "--hours", "1").strip()

    settings = Settings(jwt_secret=SECRET, _env_file=None)  # type: ignore[arg-type,call-arg]
    viewer = Authenticator.of(settings).viewer_of(f"Bearer {token}")
    assert (viewer.name, viewer.global_staff) == ("ann", True)


def test_without_a_secret_there_is_no_token(terminal: Terminal) -> None:
    told = terminal.run("token", "ann")

    assert (told.status, told.output) == (1, "")
    assert told.errors == (
        "NO_SECRET: There is no secret to sign with: set COURSEGRADE_JWT_SECRET.\n"
    )
