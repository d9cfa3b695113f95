"""What ``doctor`` asks PostgreSQL: what may lose data, and what holds events back."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cli.finding import Finding, fine, note, wrong

if TYPE_CHECKING:
    from server.settings import Settings

OLDEST: Final = 140000
SKEW_ALLOWED: Final = 5.0  # seconds
LONG: Final = 60.0  # seconds
SLOT_ALLOWED: Final = 1_000_000_000  # bytes
_MEGABYTE: Final = 1e6


async def findings(settings: "Settings") -> list[Finding]:
    """Look at everything, one line each."""
    return [
        await version(),
        await clock(),
        await writable(),
        await durability(),
        await connections(settings),
        await transactions(),
        await prepared(),
        await slots(),
        await notifications(settings.database_url.get_secret_value()),
    ]


async def version() -> Finding:
    """Check that the server is not too old."""
    from db.diagnosis import server_version

    found = await server_version()
    if found < OLDEST:
        return wrong(f"PostgreSQL {found // 10_000} is too old.", "Install 14 or a newer one.")
    return fine(f"PostgreSQL {found // 10_000}.{found % 10_000}.")


async def clock(now: datetime | None = None) -> Finding:
    """Check that the server's clock and this machine's show the same."""
    from db.diagnosis import server_clock

    theirs = await server_clock()
    ahead = ((now or datetime.now(UTC)) - theirs).total_seconds()
    if abs(ahead) > SKEW_ALLOWED:
        where = "ahead of" if ahead > 0 else "behind"
        return wrong(
            f"Clock: this machine is {abs(ahead):.0f} s {where} PostgreSQL's.",
            "Set both by NTP: tokens expire and courses freeze by them.",
        )
    return fine("Clock: this machine's and PostgreSQL's show the same.")


async def writable() -> Finding:
    """Check that the database takes changes."""
    from db.diagnosis import is_read_only

    if await is_read_only():
        return wrong(
            "PostgreSQL: the database takes no changes.",
            "Name the primary in COURSEGRADE_DATABASE_URL, or turn off "
            "default_transaction_read_only.",
        )
    return fine("PostgreSQL: the database takes changes.")


async def durability() -> Finding:
    """Check that what the server acknowledges survives its crash."""
    from db.diagnosis import unsafe_settings

    unsafe = await unsafe_settings()
    if unsafe:
        return wrong(
            f"PostgreSQL: a crash may lose grades that were acknowledged: {', '.join(unsafe)} off.",
            "Turn them on.",
        )
    return fine("PostgreSQL: what it acknowledges survives a crash.")


async def connections(settings: "Settings") -> Finding:
    """Check that the server takes as many connections as all workers may open."""
    from db.diagnosis import room_for_connections

    # Each worker has one more, that listens.
    wanted = settings.workers * (settings.database_pool_size + 1)
    room = await room_for_connections()
    free = room.limit - room.reserved
    told = f"{settings.workers} x ({settings.database_pool_size} + 1)"
    if wanted > free:
        return wrong(
            f"Connections: this host may open {wanted} = {told}, and PostgreSQL takes {free}.",
            "Lower COURSEGRADE_DATABASE_POOL_SIZE or the workers, or raise max_connections.",
        )
    return fine(f"Connections: this host opens up to {wanted} = {told} of PostgreSQL's {free}.")


async def transactions(*, longest: float = LONG) -> Finding:
    """Check that no open transaction holds back events."""
    from db.diagnosis import long_transactions

    holders = await long_transactions(longest)
    if holders:
        name, seconds = holders[0]
        return wrong(
            f"Events: {name} has a transaction open for {seconds:.0f} s, and no event later than "
            "that is told.",
            "End it: `select pg_terminate_backend(PROCESS)`.",
        )
    return fine("Events: no open transaction holds them back.")


async def prepared(*, longest: float = LONG) -> Finding:
    """Check that no prepared transaction holds back events."""
    from db.diagnosis import prepared_transactions

    holders = await prepared_transactions(longest)
    if holders:
        name, seconds = holders[0]
        return wrong(
            f"Events: the transaction {name!r} is prepared for {seconds:.0f} s, and no event later "
            "than that is told.",
            "Commit it, or `rollback prepared` it.",
        )
    return fine("Events: no prepared transaction holds them back.")


async def slots(*, allowed: int = SLOT_ALLOWED) -> Finding:
    """Check that no replication slot fills the server's disk."""
    from db.diagnosis import unread_slots

    found = await unread_slots()
    if not found:
        return fine("Replication: no slot is without a reader.")
    name, retained = max(found, key=lambda slot: slot.retained)
    sentence = f"Replication: nobody reads the slot {name!r}; {retained / _MEGABYTE:.0f} MB wait."
    hint = f"Start its reader, or `select pg_drop_replication_slot('{name}')`."
    return wrong(sentence, hint) if retained > allowed else note(sentence, hint)


async def notifications(url: str) -> Finding:
    """Check that a NOTIFY of one connection reaches another one that listens."""
    from events.notify_probe import notification_arrives

    if await notification_arrives(url):
        return fine("LISTEN and NOTIFY: a notification arrives.")
    return wrong(
        "LISTEN and NOTIFY: a notification does not arrive, and events of other processes come a "
        "second late.",
        "Name PostgreSQL itself, or a pooler that keeps sessions, in COURSEGRADE_DATABASE_URL.",
    )
