"""When the database is to blame, and what may be told of it."""

from typing import NamedTuple

from db.errors import DBConnectionError, RetryableError, StatementTimeout


class Outage(NamedTuple):
    """A trouble that passes: its code, and what whoever asked can do."""

    code: str
    message: str


UNAVAILABLE = Outage(
    "SERVICE_UNAVAILABLE",
    "The database does not answer. Try again soon; whether a change was made, look before you "
    "send it again.",
)
CONTENDED = Outage(
    "SERVICE_UNAVAILABLE", "Too many changed the same at the same time. Try again soon."
)
TIMED_OUT = Outage("TIMEOUT", "The database took too long. Ask for less, or try again later.")


def outage_of(error: Exception) -> Outage | None:
    """Return the trouble that an exception tells of, None if it is none of the database's."""
    if isinstance(error, StatementTimeout):
        return TIMED_OUT
    if isinstance(error, RetryableError):
        return CONTENDED
    if isinstance(error, DBConnectionError):
        return UNAVAILABLE
    return None
