"""Many rows inserted, or updated where they exist, in few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from db.connection import current_client, dialect
from db.transaction import transaction

PIECE = 5_000  # rows a statement: more gain nothing and hold the event loop longer


class RowStatement(Protocol):
    """What is done with each of many rows."""

    def statement(self) -> str:
        """Say it: PostgreSQL is given an array for each value, SQLite row after row."""
        ...


@dataclass(frozen=True, slots=True)
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
        names = ", ".join(self.columns)
        return f"insert into {self.table} ({names}) {self._source()} {self._conflict()}".rstrip()

    def _source(self) -> str:
        if dialect() == "postgres":
            arrays = ", ".join(
                f"${position}::{kind}[]" for position, kind in enumerate(self.columns.values(), 1)
            )
            return f"select * from unnest({arrays})"
        return f"values ({', '.join(f'${n}' for n in range(1, len(self.columns) + 1))})"

    def _conflict(self) -> str:
        if not self.key:
            return ""
        updated = self.update
        if updated is None:
            taken = {*self.key, *self.expressions}
            updated = [name for name in self.columns if name not in taken]
        assignments = [f"{name} = excluded.{name}" for name in updated]
        assignments += [f"{name} = {sql}" for name, sql in self.expressions.items()]
        target = f"on conflict ({', '.join(self.key)}) do"
        if not assignments:
            return f"{target} nothing"
        condition = f" where {self.only_if}" if self.only_if else ""
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
