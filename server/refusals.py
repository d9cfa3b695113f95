"""Requests that are refused before any of their document is run, and what they are told."""

from collections.abc import Mapping
from typing import Final

RETRY_AFTER: Final = "1"  # seconds


class Refused(Exception):
    """A request that is answered with an HTTP status, a code and a sentence, and not run."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def bad_request(message: str) -> Refused:
    """Make the refusal of a request that is malformed, or that no other code describes."""
    return Refused(400, "BAD_REQUEST", message)
