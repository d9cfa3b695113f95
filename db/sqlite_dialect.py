"""How our one SQL is said to SQLite: placeholders, readers' statements, scripts, time stamps."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

# A text literal, kept as it is, or a placeholder with PostgreSQL's cast behind it.
_LITERAL_OR_PLACEHOLDER = re.compile(r"'(?:[^']|'')*'|\$(\d+)(?:::[a-z]+(?: precision)?(?:\[\])?)?")
_NUMBERED = re.compile(r"\?(\d+)")
_WRITES = re.compile(r"\b(?:insert|update|delete|replace)\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def numbered(sql: str) -> str:
    """Turn `$1::bigint` into `?1`; SQLite knows neither the dollar's meaning nor the cast."""
    return _LITERAL_OR_PLACEHOLDER.sub(
        lambda found: f"?{found[1]}" if found[1] else found[0],
        sql,
    )


@lru_cache(maxsize=1024)
def placeholders(sql: str) -> int:
    """Return how many arguments a statement with `?1` takes: SQLite wants no others."""
    return max((int(number) for number in _NUMBERED.findall(sql)), default=0)


@lru_cache(maxsize=1024)
def only_reads(sql: str) -> bool:
    """Tell whether a read-only connection may run `sql`; in doubt it may not."""
    words = sql.split(None, 1)
    if not words:
        return False
    first = words[0].upper()
    return first == "SELECT" or (first == "WITH" and not _WRITES.search(sql))


def statements(script: str) -> Iterator[str]:
    """Cut a script into statements, keeping a trigger's body in one piece."""
    pending = ""
    for piece in re.split(r"(?<=;)", script):
        pending += piece
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
    if pending.strip():
        yield pending.strip()


def stored_time(moment: datetime) -> str:
    """Write a time stamp as Tortoise does, always in UTC, so that text order is time order.

    :raises ValueError: if `moment` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"the time stamp {moment} has no time zone")
    return moment.astimezone(UTC).isoformat(" ")
