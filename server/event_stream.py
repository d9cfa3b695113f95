"""The stream of grade events: the log, and how other processes' changes are noticed."""

from collections.abc import Sequence
from pathlib import Path

from db.database_url import SqliteFile, parse_database_url
from db.event_log import LoggedEvent, Place, end_of_log, events_after, has_incomplete_events
from events import EventStream, Waker
from events.notify import PostgresWaker
from events.sqlite_watch import SqliteWaker


class GradeEventLog:
    """The log of grade events in the database that this process is connected to."""

    async def after(self, place: Place, limit: int) -> Sequence[LoggedEvent]:
        """Return the next events behind a place, oldest first; fewer only at the end."""
        return await events_after(place, limit=limit)

    async def end(self) -> Place:
        """Return the place behind all events that can be read now."""
        return await end_of_log()

    async def has_incomplete(self) -> bool:
        """Tell whether there are events that wait for an open transaction."""
        return await has_incomplete_events()


def grade_event_stream(database_url: str) -> EventStream[LoggedEvent, Place]:
    """Make the stream for the database at a URL, which this process is connected to."""
    return EventStream(GradeEventLog(), wakers=[_waker(database_url)])


def _waker(database_url: str) -> Waker:
    place = parse_database_url(database_url)
    if isinstance(place, SqliteFile):
        return SqliteWaker(Path(place.path))
    return PostgresWaker(database_url)
