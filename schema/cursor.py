"""Cursors of the gradebook: opaque to clients, a place in its order to us."""

import base64
import binascii
import json

from grading import LearnerId, MalformedCursor
from resolvers.gradebook import Position
from resolvers.learners import learner_id_of


def gradebook_cursor(course_id: int, place: Position) -> str:
    """Make the cursor of a place in a course's gradebook."""
    text = json.dumps(["g", course_id, place.username, str(place.learner_id)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_position(cursor: str | None, course_id: int) -> Position | None:
    """Read a cursor back, None where there is none.

    :raises MalformedCursor: if this service did not make it, or made it for another course.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise MalformedCursor(f"{cursor[:80]!r} is no cursor of this gradebook.") from error
    match place:
        case ["g", int(course), str(username), str(number)] if course == course_id:
            learner_id: LearnerId | None = learner_id_of(number)
            if learner_id is not None:
                position = Position(username, learner_id)
                if gradebook_cursor(course_id, position) == cursor:
                    return position
    raise MalformedCursor(f"{cursor[:80]!r} is no cursor of this gradebook.")
