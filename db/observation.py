"""Who is told of each statement while it runs: nobody, unless somebody asks to be."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from db.connection import Client, Rows

# Given a statement without its values, or "commit": what is entered before it and left after it.
Around: TypeAlias = Callable[[str], AbstractContextManager[Any]]

_NOTHING: Final = nullcontext()
_observers: list[Around] = []


@contextmanager
def statements_observed(around: Around) -> Iterator[None]:
    """Enter what ``around`` returns for each statement of this process, for the length of a block.

    The time inside includes the wait for a connection.
    """
    _observers.append(around)
    try:
        yield
    finally:
        _observers.remove(around)


def observing(sql: str) -> AbstractContextManager[Any]:
    """Return what a statement is to be run inside of."""
    return _observers[-1](sql) if _observers else _NOTHING


def observed(client: "Client") -> "Client":
    """Return a client whose statements are observed, which is itself if nobody observes."""
    return _ObservedClient(client) if _observers else client


class _ObservedClient:
    __slots__ = ("_client",)

    def __init__(self, client: "Client") -> None:
        self._client = client

    async def fetch_rows(self, sql: str, args: Sequence[object]) -> "Rows":
        with observing(sql):
            return await self._client.fetch_rows(sql, args)

    async def fetch_together(
        self, queries: Sequence[str], args: Sequence[object]
    ) -> "Sequence[Rows]":
        with observing("; ".join(queries)):
            return await self._client.fetch_together(queries, args)

    async def run(self, sql: str, args: Sequence[object]) -> int:
        with observing(sql):
            return await self._client.run(sql, args)

    async def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        with observing(sql):
            await self._client.run_many(sql, rows)

    async def run_together(
        self, statements: Sequence[tuple[str, Sequence[Sequence[object]]]]
    ) -> None:
        with observing("; ".join(sql for sql, _ in statements)):
            await self._client.run_together(statements)
