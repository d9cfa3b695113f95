"""Cursors of grade events: opaque to clients, a place in one life of the log to us."""

import base64
import binascii
import json
from functools import lru_cache

from db.event_log import limit_of_log
from db.event_log_state import Place, read_log_state
from grading import CursorExpired, MalformedCursor


@lru_cache(maxsize=4096)
def cursor_of(epoch: str, place: Place) -> str:
    """Make the cursor that leads to what follows a place."""
    text = json.dumps(["e", epoch, place.xid, place.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def place_of(cursor: str) -> Place:
    """Return the place that a cursor stands for.

    :raises MalformedCursor: if it is none of ours.
    :raises CursorExpired: if events behind it were deleted, or it is beyond the end of the log.
    """
    epoch, place = _parsed(cursor)
    state = await read_log_state()
    # Beyond the end it is of events that a restored backup does not have, or will number anew.
    if epoch != state.epoch or not state.retained <= place <= await limit_of_log():
        raise CursorExpired(
            "The events behind this cursor are no longer kept. Read the state and "
            "`gradeEventsCursor` in one query, and go on from there."
        )
    return place


def _parsed(cursor: str) -> tuple[str, Place]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        body = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise MalformedCursor(f"{cursor[:80]!r} is no cursor of grade events.") from error
    match body:
        case ["e", str(epoch), int(xid), int(number)] if _storable(xid) and _storable(number):
            return epoch, Place(xid, number)
    raise MalformedCursor(f"{cursor[:80]!r} is no cursor of grade events.")


def _storable(number: int) -> bool:
    return not isinstance(number, bool) and 0 <= number < 2**63
