"""The event log: every change of a grade, in an order that loses nothing.

On PostgreSQL a number from a sequence is no order: a transaction with a smaller number may
commit later, and a reader that has passed it would never see its events. The log is read by
(transaction, number) and only below the oldest transaction that is still open.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from db.connection import client, dialect
from db.event_payload import change_of, payload_of
from db.sql import among, among_texts, as_datetime, execute, fetch, id_array, text_array
from db.transaction import transaction
from db.upsert import Upsert, upsert_rows
from grading import Cause, EventKind, GradeChange, LearnerId

MAX_ID: Final = 2**63 - 1
_PRUNED_AT_ONCE: Final = 5_000

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


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the log: what lies behind it was read."""

    xid: int
    id: int


BEGINNING: Final = Place(0, 0)


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


@dataclass(frozen=True, slots=True)
class LogState:
    """Which life of the log this is, and the place before which events were deleted."""

    epoch: str
    retained: Place


async def append_events(
    course_id: int, changes: Sequence[GradeChange], origin: Origin, *, now: datetime
) -> None:
    """Write changes into the log, in their order. To be called in the changes' transaction."""
    await upsert_rows(
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


_states: WeakKeyDictionary[object, LogState] = WeakKeyDictionary()


async def log_state() -> LogState:
    """Return the state of the log as it was when this process first asked, or last pruned."""
    known = _states.get(client())
    return await read_log_state() if known is None else known


async def read_log_state() -> LogState:
    """Return the present state of the log."""
    ((epoch, xid, number),) = await fetch(
        "select epoch, retained_xid, retained_id from event_log_state"
    )
    state = LogState(epoch, Place(xid, number))
    _states[client()] = state
    return state


async def begin_new_epoch_after_restore() -> bool:
    """Begin a new epoch if the database was restored from a dump: its transactions count anew.

    Cursors of the old epoch expire. Return whether that was so.
    """
    if dialect() != "postgres":
        return False
    async with transaction():
        rows = await fetch(
            "select 1 from grade_event"
            " where xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint limit 1"
        )
        if not rows:
            return False
        await execute("update grade_event set xid = 0")
        await execute(
            "update event_log_state set epoch = replace(gen_random_uuid()::text, '-', ''),"
            " retained_xid = 0, retained_id = 0"
        )
    await read_log_state()
    return True


async def prune_events(*, older_than: datetime) -> int:
    """Delete events from before an instant, in pieces; return how many."""
    pruned = 0
    while True:
        async with transaction():
            rows = await fetch(
                "select xid, id from grade_event where created_at < $1 order by xid, id limit $2",
                older_than,
                _PRUNED_AT_ONCE,
            )
            if not rows:
                return pruned
            await execute(
                f"delete from grade_event where {among('id', 1)}",
                id_array(number for _, number in rows),
            )
            xid, number = rows[-1]
            await execute(
                "update event_log_state set retained_xid = $1, retained_id = $2"
                " where (retained_xid, retained_id) < ($1, $2)",
                xid,
                number,
            )
        pruned += len(rows)
        await read_log_state()


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
