"""Several reads, or several writes, in one trip to the database."""

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from db.connection import Rows, current_client
from db.upsert import PIECE, RowStatement, upsert_rows

Statement_co = TypeVar("Statement_co", bound=RowStatement, covariant=True)


class Write(NamedTuple, Generic[Statement_co]):
    """Rows for one table, each with the values that the statement takes, in order."""

    upsert: Statement_co
    rows: Sequence[Sequence[object]]


async def fetch_together(queries: Sequence[str], *args: object) -> Sequence[Rows]:
    """Return the rows of several queries, as of one moment. All are given the same arguments."""
    return await current_client().fetch_together(queries, args)


async def write_together(writes: Iterable[Write[RowStatement]]) -> None:
    """Write all of the rows or none of them, no two of them into the same one.

    To be called in a transaction.
    """
    some = [write for write in writes if write.rows]
    if any(len(write.rows) > PIECE for write in some):
        for write in some:
            await upsert_rows(*write)
    elif some:
        await current_client().run_together(
            [(write.upsert.statement(), write.rows) for write in some]
        )
