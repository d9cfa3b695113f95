"""Cursors of a job's errors: opaque to clients, a number to us."""

import base64
import binascii
import json

from grading import MalformedCursor
from schema.global_id import MAX_NUMBER


def error_cursor(job_id: int, error_id: int) -> str:
    """Make the cursor of one of a job's errors."""
    text = json.dumps(["j", job_id, error_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_error_cursor(cursor: str | None, job_id: int) -> int:
    """Read a cursor back, 0 where there is none.

    :raises MalformedCursor: if this service did not make it, or made it for another job.
    """
    if cursor is None:
        return 0
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    match place:
        case ["j", int(job), int(error_id)] if job == job_id and 0 < error_id <= MAX_NUMBER:
            if error_cursor(job_id, error_id) == cursor:
                return error_id
    raise MalformedCursor(f"{cursor[:80]!r} is no cursor of this job's errors.")
