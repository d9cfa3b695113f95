"""Many rows inserted, or updated where they exist, in few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from db.connection import current_client, dialect
from db.database_url import Dialect
from db.transaction import transaction

PIECE = 5_000  # rows a statement: more gain nothing and hold the event loop longer


class RowStatement(Protocol):
    """What is done with each of many rows."""

    def statement(self) -> str:
        """Say it: PostgreSQL is given an array for each value, SQLite row after row."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Upsert:
    """A bulk write into one table. All of its words are constants of our code, never input.

    `columns` maps each column to its PostgreSQL type, in the order of the rows' values. A row
    whose `key` is stored already is updated: by default every other column takes the new
    value; `update` names the columns that do, `expressions` sets others by SQL in which
    `excluded.x` is the new value and `tablename.x` the stored one. Where `only_if` is false the
    stored row stays as it is. No two rows of one call may have the same key. Without a `key`
    every row is a new one.
    """

    table: str
    columns: Mapping[str, str]
    key: Sequence[str] = ()
    update: Sequence[str] | None = None
    expressions: Mapping[str, str] = field(default_factory=dict)
    only_if: str | None = None

    def statement(self) -> str:
        """Say it in the connected database's dialect."""
        return _statement(self, dialect())

    def placed(self, rows: int, first: int, condition: str) -> str:
        """Say it to PostgreSQL of so many rows, if a condition holds.

        Their values are the parameters from `first` on, row after row.
        """
        return _placed(self, rows, first, condition)


@lru_cache(maxsize=64)
def _statement(upsert: Upsert, words: Dialect) -> str:
    if words == "postgres":
        arrays = ", ".join(
            f"${position}::{kind}[]" for position, kind in enumerate(upsert.columns.values(), 1)
        )
        source = f"select * from unnest({arrays})"
    else:
        source = f"values ({', '.join(f'${n}' for n in range(1, len(upsert.columns) + 1))})"
    return f"{_into(upsert)} {source} {_conflict(upsert)}".rstrip()


@lru_cache(maxsize=256)
def _placed(upsert: Upsert, rows: int, first: int, condition: str) -> str:
    kinds = list(upsert.columns.values())
    values = ", ".join(
        "(" + ", ".join(f"${at}::{kind}" for at, kind in enumerate(kinds, start)) + ")"
        for start in range(first, first + rows * len(kinds), len(kinds))
    )
    source = f"select * from (values {values}) as new where {condition}"
    return f"{_into(upsert)} {source} {_conflict(upsert)}".rstrip()


def _into(upsert: Upsert) -> str:
    return f"insert into {upsert.table} ({', '.join(upsert.columns)})"


def _conflict(upsert: Upsert) -> str:
    if not upsert.key:
        return ""
    updated = upsert.update
    if updated is None:
        taken = {*upsert.key, *upsert.expressions}
        updated = [name for name in upsert.columns if name not in taken]
    assignments = [f"{name} = excluded.{name}" for name in updated]
    assignments += [f"{name} = {sql}" for name, sql in upsert.expressions.items()]
    target = f"on conflict ({', '.join(upsert.key)}) do"
    if not assignments:
        return f"{target} nothing"
    condition = f" where {upsert.only_if}" if upsert.only_if else ""
    return f"{target} update set {', '.join(assignments)}{condition}"


async def upsert_rows(upsert: RowStatement, rows: Sequence[Sequence[object]]) -> None:
    """Write all `rows` or none of them; an upsert's hold the values of its `columns` in order."""
    if not rows:
        return
    statement = upsert.statement()
    async with transaction():
        client = current_client()
        for start in range(0, len(rows), PIECE):
            piece = rows[start : start + PIECE]
            if dialect() == "postgres":
                await client.run(statement, list(zip(*piece, strict=True)))
            else:
                await client.run_many(statement, piece)
