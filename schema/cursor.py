"""Cursors of the gradebook: opaque to clients, a place in one of its orders to us."""

import base64
import binascii
import json
import math
from datetime import UTC, datetime

from grading import MalformedCursor
from resolvers.courses import StoredCourse
from resolvers.gradebook import Position
from resolvers.gradebook_filter import GradebookOrder, OrderField
from resolvers.learners import learner_id_of


def gradebook_cursor(course: StoredCourse, order: GradebookOrder, place: Position) -> str:
    """Make the cursor of a place in an order of a course's learners."""
    value = place.value.isoformat() if isinstance(place.value, datetime) else place.value
    text = json.dumps(
        ["g", course.id, *_name(course, order), value, place.username, str(place.learner_id)]
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_position(
    cursor: str | None, course: StoredCourse, order: GradebookOrder
) -> Position | None:
    """Read a cursor back, None where there is none.

    :raises MalformedCursor: if this service did not make it, or made it for another course or
        another order.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _malformed(cursor) from error
    match place:
        case ["g", _, _, _, _, value, str(username), str(number)]:
            position = _position(order.field, value, username, number)
            if position is not None and gradebook_cursor(course, order, position) == cursor:
                return position
    raise _malformed(cursor)


def _name(course: StoredCourse, order: GradebookOrder) -> tuple[str, bool, int | None]:
    block = None if order.usage_key is None else course.block_ids.get(order.usage_key)
    return order.field.value, order.descending, block


def _position(field: OrderField, value: object, username: str, number: str) -> Position | None:
    learner_id = learner_id_of(number)
    if learner_id is None:
        return None
    match field, value:
        case _, None:
            return Position(username, learner_id)
        case OrderField.FULL_NAME, str(name):
            return Position(username, learner_id, name)
        case OrderField.COURSE_PERCENT | OrderField.SUBSECTION_PERCENT, float(percent):
            return Position(username, learner_id, percent) if math.isfinite(percent) else None
        case OrderField.LAST_UPDATED, str(text):
            moment = _moment(text)
            return None if moment is None else Position(username, learner_id, moment)
    return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is UTC else None


def _malformed(cursor: str) -> MalformedCursor:
    return MalformedCursor(f"{cursor[:80]!r} is no cursor of this gradebook in this order.")
