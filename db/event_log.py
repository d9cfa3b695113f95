"""The event log: every change of a grade, in an order that loses nothing.

On PostgreSQL a number from a sequence is no order: a transaction with a smaller number may
commit later, and a reader that has passed it would never see its events. The log is read by
(transaction, number) and only below the oldest transaction that is still open.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import dialect
from db.event_log_state import MAX_ID, Place
from db.event_payload import change_of, payload_of
from db.sql import among, among_texts, as_datetime, fetch, id_array, text_array
from db.together import Write
from db.upsert import Upsert, upsert_rows
from grading import Cause, EventKind, GradeChange, LearnerId

_APPEND: Final = Upsert(
    table="grade_event",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "kind": "text",
        "version": "int",
        "payload": "text",
        "cause": "text",
        "actor": "text",
        "correlation_id": "text",
        "created_at": "timestamptz",
    },
)
_EVENTS: Final = (
    "select id, xid, course_id, learner_id, kind, version, payload, cause, actor,"
    " correlation_id, created_at from grade_event where "
)
_HORIZON: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True, slots=True)
class Origin:
    """Why, by whom and with what else something was changed."""

    cause: Cause
    actor: str | None
    correlation_id: str


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One entry of the log. ``id`` is unique for ever."""

    id: int
    place: Place
    course_id: int
    change: GradeChange
    origin: Origin
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; None for all."""

    course_ids: Collection[int] | None = None
    learner_ids: Collection[LearnerId] | None = None
    kinds: Collection[EventKind] | None = None

    def admits(self, event: LoggedEvent) -> bool:
        """Tell whether an event is asked for."""
        return (
            (self.course_ids is None or event.course_id in self.course_ids)
            and (self.learner_ids is None or event.change.learner_id in self.learner_ids)
            and (self.kinds is None or event.change.kind in self.kinds)
        )


ALL_EVENTS: Final = EventFilter()


async def append_events(
    course_id: int, changes: Sequence[GradeChange], origin: Origin, *, now: datetime
) -> None:
    """Write changes into the log, in their order. To be called in the changes' transaction."""
    await upsert_rows(*events_write(course_id, changes, origin, now=now))


def events_write(
    course_id: int, changes: Sequence[GradeChange], origin: Origin, *, now: datetime
) -> Write[Upsert]:
    """Say what is to be written into the log of these changes, in their order."""
    return Write(
        _APPEND,
        [
            (
                course_id,
                change.learner_id,
                change.kind.value,
                change.version,
                payload_of(change),
                origin.cause.value,
                origin.actor,
                origin.correlation_id,
                now,
            )
            for change in changes
        ],
    )


async def events_after(
    place: Place, *, limit: int, asked: EventFilter = ALL_EVENTS
) -> list[LoggedEvent]:
    """Return the next events behind a place, oldest first."""
    conditions, args = _conditions(asked, ["(xid, id) > ($1, $2)"], [place.xid, place.id, limit])
    if dialect() == "postgres":
        conditions.append(f"xid < {_HORIZON}")
    rows = await fetch(
        f"{_EVENTS}{' and '.join(conditions)} order by xid, id limit $3",
        *args,
    )
    return [_event(*row) for row in rows]


async def events_before(
    place: Place | None, *, limit: int, asked: EventFilter = ALL_EVENTS
) -> list[LoggedEvent]:
    """Return the events before a place, or before the end, newest first."""
    before = place or Place(MAX_ID, MAX_ID)
    conditions, args = _conditions(asked, ["(xid, id) < ($1, $2)"], [before.xid, before.id, limit])
    rows = await fetch(
        f"{_EVENTS}{' and '.join(conditions)} order by xid desc, id desc limit $3",
        *args,
    )
    return [_event(*row) for row in rows]


async def count_after(place: Place, *, limit: int, asked: EventFilter = ALL_EVENTS) -> int:
    """Count the events behind a place, up to a limit; those that wait for others, too."""
    conditions, args = _conditions(asked, ["(xid, id) > ($1, $2)"], [place.xid, place.id, limit])
    ((count,),) = await fetch(
        "select count(*) from (select 1 from grade_event"
        f" where {' and '.join(conditions)} limit $3) as behind",
        *args,
    )
    return int(count)


async def events_of_request(
    course_id: int, learner_ids: Iterable[LearnerId], correlation_id: str
) -> list[LoggedEvent]:
    """Return what one request announced of learners in a course, in order."""
    rows = await fetch(
        f"{_EVENTS}course_id = $1 and {among('learner_id', 2)} and correlation_id = $3"
        " order by xid, id",
        course_id,
        id_array(learner_ids),
        correlation_id,
    )
    return [_event(*row) for row in rows]


async def end_of_log() -> Place:
    """Return the place of the last event that is complete now."""
    # Never before what was deleted: a cursor that is made now must not have expired.
    if dialect() == "postgres":
        # And never behind the last event: after a crash PostgreSQL gives the numbers of
        # transactions that were rolled back to others, whose events would be passed over.
        ((xid, number),) = await fetch(
            "(select xid, id from grade_event"
            f" where xid < {_HORIZON} order by xid desc, id desc limit 1)"
            " union all select retained_xid, retained_id from event_log_state"
            " order by 1 desc, 2 desc limit 1"
        )
        return Place(xid, number)
    ((last,),) = await fetch(
        "select max(retained_id, (select coalesce(max(id), 0) from grade_event))"
        " from event_log_state"
    )
    return Place(0, last)


async def limit_of_log() -> Place:
    """Return the place that no event is behind so far, complete or not."""
    if dialect() != "postgres":
        return await end_of_log()
    ((xmax,),) = await fetch("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    return Place(xmax - 1, MAX_ID)


async def has_incomplete_events() -> bool:
    """Tell whether there are events that readers must wait for an open transaction with."""
    if dialect() != "postgres":
        return False
    rows = await fetch(f"select 1 from grade_event where xid >= {_HORIZON} limit 1")
    return bool(rows)


def _conditions(
    asked: EventFilter, conditions: list[str], args: list[object]
) -> tuple[list[str], list[object]]:
    for column, ids in (("course_id", asked.course_ids), ("learner_id", asked.learner_ids)):
        if ids is not None:
            args.append(id_array(ids))
            conditions.append(among(column, len(args)))
    if asked.kinds is not None:
        args.append(text_array(kind.value for kind in asked.kinds))
        conditions.append(among_texts("kind", len(args)))
    return conditions, args


def _event(  # noqa: PLR0913, PLR0917
    id: int,
    xid: int,
    course_id: int,
    learner_id: LearnerId,
    kind: str,
    version: int,
    payload: str,
    cause: str,
    actor: str | None,
    correlation_id: str,
    created_at: str | datetime,
) -> LoggedEvent:
    return LoggedEvent(
        id,
        Place(xid, id),
        course_id,
        change_of(EventKind(kind), learner_id, version, payload),
        Origin(Cause(cause), actor, correlation_id),
        as_datetime(created_at),
    )
