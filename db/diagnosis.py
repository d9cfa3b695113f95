"""What an operator should know of a database server, asked of the server itself."""

from datetime import datetime
from typing import NamedTuple

from db.sql import fetch


class Holder(NamedTuple):
    """What has been open for a while, and for how many seconds."""

    name: str
    seconds: float


class Slot(NamedTuple):
    """A replication slot that nobody reads, and how many bytes of log are kept for it."""

    name: str
    retained: int


class Room(NamedTuple):
    """How many connections a server takes, and how many of those are kept for administrators."""

    limit: int
    reserved: int


async def sqlite_modes() -> tuple[str, int]:
    """Return SQLite's journal mode, and how it syncs: 2 is fully."""
    ((journal,),) = await fetch("pragma journal_mode")
    ((sync,),) = await fetch("pragma synchronous")
    return str(journal), int(sync)


async def server_version() -> int:
    """Return PostgreSQL's version, such as 160004 for 16.4."""
    return int(await _setting("server_version_num"))


async def server_clock() -> datetime:
    """Return what PostgreSQL's clock shows."""
    ((moment,),) = await fetch("select clock_timestamp()")
    assert isinstance(moment, datetime)  # noqa: S101
    return moment


async def is_read_only() -> bool:
    """Tell whether PostgreSQL takes no changes from us, as a standby does."""
    return await _setting("transaction_read_only") == "on"


async def unsafe_settings() -> list[str]:
    """Name those settings that let PostgreSQL lose what it has acknowledged."""
    wanted = ("fsync", "synchronous_commit", "full_page_writes")
    return [name for name in wanted if await _setting(name) == "off"]


async def room_for_connections() -> Room:
    """Return how many connections PostgreSQL takes."""
    # Absent before version 16.
    others = "coalesce(current_setting('reserved_connections', true), '0')::int"
    ((limit, reserved),) = await fetch(
        "select current_setting('max_connections')::int,"
        f" current_setting('superuser_reserved_connections')::int + {others}"
    )
    return Room(limit, reserved)


async def long_transactions(seconds: float) -> list[Holder]:
    """Return the transactions that write, of all databases, and are open for longer."""
    rows = await fetch(
        "select pid, application_name, extract(epoch from clock_timestamp() - xact_start)::float8"
        " from pg_stat_activity where backend_xid is not null"
        " and xact_start < clock_timestamp() - make_interval(secs => $1) order by xact_start",
        seconds,
    )
    return [Holder(f"process {pid} ({name or 'unnamed'})", age) for pid, name, age in rows]


async def prepared_transactions(seconds: float) -> list[Holder]:
    """Return the prepared transactions that wait for longer."""
    rows = await fetch(
        "select gid, extract(epoch from clock_timestamp() - prepared)::float8"
        " from pg_prepared_xacts"
        " where prepared < clock_timestamp() - make_interval(secs => $1) order by prepared",
        seconds,
    )
    return [Holder(gid, age) for gid, age in rows]


async def unread_slots() -> list[Slot]:
    """Return the replication slots that nobody reads now."""
    rows = await fetch(
        "select slot_name::text,"
        " coalesce(pg_wal_lsn_diff(case when pg_is_in_recovery() then"
        " pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn), 0)::bigint"
        " from pg_replication_slots where not active order by slot_name"
    )
    return [Slot(name, retained) for name, retained in rows]


async def _setting(name: str) -> str:
    ((value,),) = await fetch("select current_setting($1)", name)
    return str(value)
