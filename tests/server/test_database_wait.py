"""A process that starts while PostgreSQL is away waits for it, and not for ever."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from db.errors import DBConnectionError, UnreachableDatabase
from server import database_wait
from server.database_wait import opened_when_reachable
from server.drain import Drain


class Database:
    """Away for so many attempts."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.closed = 0

    async def open_all(self, stack: AsyncExitStack) -> str:
        stack.callback(self._close)
        self.away -= 1
        if self.away >= 0:
            raise (UnreachableDatabase if self.away % 2 else DBConnectionError)("away")
        return "opened"

    def _close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_wait, "PAUSE", 0.001)


async def test_it_is_tried_until_the_database_answers(caplog: pytest.LogCaptureFixture) -> None:
    database = Database(away=3)

    async with opened_when_reachable(database.open_all, Drain(), patiently=True) as opened:
        assert (opened, database.closed) == ("opened", 3)

    assert database.closed == 4
    assert [one.levelname for one in caplog.records] == ["WARNING"] * 3


async def test_who_is_told_to_end_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_wait, "PAUSE", None)  # for ever
    drain = Drain()
    asyncio.get_running_loop().call_later(0.01, drain.begin)

    with pytest.raises((DBConnectionError, UnreachableDatabase), match="away"):
        async with opened_when_reachable(Database(away=9).open_all, drain, patiently=True):
            pytest.fail("it was opened")


async def test_without_patience_it_is_tried_once() -> None:
    database = Database(away=9)

    with pytest.raises(DBConnectionError, match="away"):
        async with opened_when_reachable(database.open_all, Drain(), patiently=False):
            pytest.fail("it was opened")

    assert (database.away, database.closed) == (8, 1)
