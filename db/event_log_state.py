"""The event log's own state: its epoch, what of it is kept, and deleting what is too old."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from db.connection import client, dialect
from db.sql import among, execute, fetch, id_array
from db.transaction import transaction

MAX_ID: Final = 2**63 - 1
_PRUNED_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the log: what lies behind it was read."""

    xid: int
    id: int


BEGINNING: Final = Place(0, 0)


@dataclass(frozen=True, slots=True)
class LogState:
    """Which life of the log this is, and the place before which events were deleted."""

    epoch: str
    retained: Place


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
