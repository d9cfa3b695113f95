"""The stream of grade events: the log, and how other processes' changes are noticed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from db.database_url import IN_MEMORY, SqliteFile, parse_database_url
from db.event_log import (
    LoggedEvent,
    end_of_log,
    events_after,
    has_incomplete_events,
)
from db.event_log_state import Place
from events import EventStream, Waker
from events.notify import PostgresWaker
from events.sqlite_watch import SqliteWaker

if TYPE_CHECKING:
    from events.relay import Relay


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


def grade_event_stream(
    database_url: str, nats_url: str | None = None
) -> EventStream[LoggedEvent, Place]:
    """Make the stream for the database at a URL, which this process is connected to."""
    return EventStream(GradeEventLog(), wakers=wakers_of(database_url, nats_url))


def wakers_of(database_url: str, nats_url: str | None) -> list[Waker]:
    """Return how this process hears of what others write, and tells them what it wrote."""
    place = parse_database_url(database_url)
    if isinstance(place, SqliteFile):
        # What is in memory has no other writers.
        return [] if place.path == IN_MEMORY else [SqliteWaker(Path(place.path))]
    if nats_url is None:
        return [PostgresWaker(database_url)]
    from events.nats_wake import NatsWaker  # noqa: PLC0415 - an optional package

    return [
        PostgresWaker(database_url, listens=False),
        NatsWaker(nats_url, parse_place=parse_place),
    ]


def grade_event_relay(database_url: str, nats_url: str) -> "Relay[LoggedEvent, Place]":
    """Make the relay from the PostgreSQL database of this process to NATS."""
    from events.relay import Relay  # noqa: PLC0415 - an optional package

    return Relay(
        GradeEventLog(),
        postgres_url=database_url,
        nats_url=nats_url,
        format_place=format_place,
        wakers=[PostgresWaker(database_url)],
    )


def format_place(place: Place) -> str:
    """Write a place as the relay sends it."""
    return f"{place.xid}.{place.id}"


def parse_place(text: str) -> Place:
    """Read a place as the relay sends it.

    :raises ValueError: if it is none.
    """
    xid, _, number = text.partition(".")
    return Place(int(xid), int(number))
