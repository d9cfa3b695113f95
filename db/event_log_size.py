"""How much the event log keeps, and how much of it a reader has not seen."""

from datetime import datetime
from typing import Final, NamedTuple

from db.event_log_state import Place
from db.sql import as_datetime, fetch

COUNTED_AT_MOST: Final = 10_000


class Unread(NamedTuple):
    """Events behind a place, complete or not: how many, 10,000 at most, and the oldest's time."""

    number: int
    since: datetime | None


async def unread_events(place: Place) -> Unread:
    """Return what is behind a place in the log."""
    ((count, since),) = await fetch(
        "select count(*), min(created_at) from (select created_at from grade_event"
        " where (xid, id) > ($1, $2) order by xid, id limit $3) as unread",
        place.xid,
        place.id,
        COUNTED_AT_MOST,
    )
    return Unread(count, as_datetime(since))


async def retained_events() -> int:
    """Return about how many events the log keeps, without counting them."""
    ((first, last),) = await fetch(
        "select (select min(id) from grade_event), (select max(id) from grade_event)"
    )
    return 0 if first is None else last - first + 1
