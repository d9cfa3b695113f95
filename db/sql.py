"""SQL written once, with PostgreSQL's `$1` placeholders, and run on either engine.

For the hot paths: rows come by position, without names and without model instances. Inside a
transaction each statement belongs to it; outside, a read waits for no writer.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import overload

from db.connection import Rows, current_client, dialect


async def fetch(sql: str, *args: object) -> Rows:
    """Return the rows of a statement, each one indexable by position."""
    return await current_client().fetch_rows(sql, args)


async def execute(sql: str, *args: object) -> int:
    """Run a statement; return the number of rows it inserted, updated or deleted."""
    return await current_client().run(sql, args)


async def execute_many(sql: str, rows: Sequence[Sequence[object]]) -> None:
    """Run a statement once for every row: all of them or none."""
    await current_client().run_many(sql, rows)


def among(column: str, position: int) -> str:
    """Render "`column` is one of the ids in parameter `position`", made by `id_array`."""
    return _among(column, position, "bigint")


def among_texts(column: str, position: int) -> str:
    """Render "`column` is one of the texts in parameter `position`", made by `text_array`."""
    return _among(column, position, "text")


def matching(column: str, position: int, *, one: bool) -> str:
    """Render `among`, or "`column` is parameter `position`" for one id.

    Of one, PostgreSQL keeps the plan: to plan it anew each time takes longer than to run it.
    """
    return f"{column} = ${position}" if one else among(column, position)


def _among(column: str, position: int, element: str) -> str:
    if dialect() == "postgres":
        return f"{column} = any(${position}::{element}[])"
    return f"{column} in (select value from json_each(${position}))"


def id_array(ids: Iterable[int]) -> object:
    """Make the one parameter that `among` asks for, of any number of ids."""
    return _array(list(ids))


def text_array(texts: Iterable[str]) -> object:
    """Make the one parameter that `among_texts` asks for, of any number of texts."""
    return _array(list(texts))


def _array(values: list[int] | list[str]) -> object:
    return values if dialect() == "postgres" else json.dumps(values)


@overload
def as_datetime(value: str | datetime) -> datetime: ...
@overload
def as_datetime(value: str | datetime | None) -> datetime | None: ...
def as_datetime(value: str | datetime | None) -> datetime | None:
    """Return a time stamp read from either engine as a datetime in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    if value is not None and value.tzinfo is None:
        # The first and the last instants there are, which asyncpg cannot convert.
        return value.replace(tzinfo=UTC)
    return value


@overload
def as_bool(value: bool | int) -> bool: ...  # noqa: FBT001
@overload
def as_bool(value: bool | int | None) -> bool | None: ...  # noqa: FBT001
def as_bool(value: bool | int | None) -> bool | None:  # noqa: FBT001
    """Return a truth value read from either engine as a bool."""
    return None if value is None else bool(value)
