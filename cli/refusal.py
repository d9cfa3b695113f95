"""A command that is refused: one line with a code, instead of a traceback."""

from grading import GradingError


class CommandRefused(Exception):
    """A reason of the command line's own; ``code`` is for scripts, ``message`` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def refusal_of(error: Exception) -> str | None:
    """Return what to tell whoever gave the command, None if the error is a bug of ours."""
    if isinstance(error, CommandRefused | GradingError):
        return f"{error.code}: {error.message}"
    # Only here, where it happened: the ORM behind it would slow down every command.
    from db.errors import DatabaseSetupError

    if isinstance(error, DatabaseSetupError):
        return f"{error.code}: {error}"
    return None
