"""What ``doctor`` asks the database."""

from typing import TYPE_CHECKING, Final

from cli.finding import Finding, Verdict, fine, wrong

if TYPE_CHECKING:
    from server.settings import Settings

_FULL_SYNC: Final = 2


async def findings(settings: "Settings") -> list[Finding]:
    """Look at the database, as far as it can be reached."""
    from cli import doctor_postgres
    from db.connection import connected
    from db.errors import DatabaseSetupError, DBConnectionError, OperationalError

    found: list[Finding] = []
    try:
        reached = await reach(settings)
        found.append(reached)
        async with connected(settings.database_url.get_secret_value(), pool_size=1):
            if reached.verdict is Verdict.FINE:
                found.append(await schema_of_the_future())
            if settings.on_sqlite:
                found.append(await sqlite_storage())
            else:
                found += await doctor_postgres.findings(settings)
    except DatabaseSetupError as error:
        found.append(Finding(Verdict.WRONG, f"Database: {error.code}: {error}"))
    except (DBConnectionError, OperationalError) as error:
        found.append(wrong(f"Database: it failed while it was looked at: {error}", "Try again."))
    return found


async def reach(settings: "Settings") -> Finding:
    """Check that the database has the newest schema.

    :raises DatabaseSetupError: if it cannot be used at all.
    """
    from db.database_url import parse_database_url
    from db.migrate import pending

    url = settings.database_url.get_secret_value()
    place = parse_database_url(url)
    missing = await pending(url)
    if not missing:
        return fine(f"Database: {place} has the newest schema.")
    lacks = f"Database: {place} lacks {len(missing)} migrations"
    if settings.on_sqlite:
        return Finding(Verdict.NOTE, f"{lacks}; every command applies them.")
    return Finding(Verdict.WRONG, f"{lacks}: run `main.py migrate`.")


async def schema_of_the_future() -> Finding:
    """Check that no newer version of ours has changed the schema."""
    from db.schema_version import schema_difference

    unknown = (await schema_difference()).unknown
    if unknown:
        return wrong(
            f"Schema: a newer version of CourseGrade applied {', '.join(unknown)}.",
            "Run that version here, too.",
        )
    return fine("Schema: no newer version has changed it.")


async def sqlite_storage() -> Finding:
    """Check that what SQLite acknowledges is on the disk, and that readers need not wait."""
    from db.diagnosis import sqlite_modes

    journal, sync = await sqlite_modes()
    if journal == "memory":
        return wrong(
            "SQLite: all is kept in memory, and lost at the end.",
            "Name a file in COURSEGRADE_DATABASE_URL.",
        )
    if journal != "wal" or sync < _FULL_SYNC:
        return wrong(
            f"SQLite: it keeps its journal as {journal!r} and syncs at level {sync}.",
            "Put the file on a local disk, where write-ahead logging works.",
        )
    return fine("SQLite: it writes ahead and syncs fully.")
