import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from db.connection import connected
from db.sql import execute, fetch
from db.sqlite_dialect import numbered, only_reads, statements, stored_time
from db.transaction import transaction
from tests.db.counter_models import CREATE_COUNTER, Counter

SLOW = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "grades.sqlite3"
    async with connected(f"sqlite:///{path}", models="tests.db.counter_models"):
        await execute(CREATE_COUNTER.format(timestamp="timestamp"))
        await execute("insert into counter (course_id, learner_id, total) values (1, 7, 0)")
        yield path


async def test_the_writer_syncs_fully_logs_ahead_and_checks_foreign_keys(file: Path) -> None:
    async with transaction():
        assert await fetch("pragma journal_mode") == [("wal",)]
        assert await fetch("pragma synchronous") == [(2,)]
        assert await fetch("pragma foreign_keys") == [(1,)]
        assert await fetch("pragma busy_timeout") == [(15_000,)]


async def test_a_read_does_not_wait_for_a_writer(file: Path) -> None:
    written, read = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with transaction():
            await execute("update counter set total = 1")
            written.set()
            await read.wait()

    writing = asyncio.create_task(write())
    await written.wait()
    async with asyncio.timeout(5):
        rows = await asyncio.gather(*(fetch("select total from counter") for _ in range(20)))
        assert rows == [[(0,)]] * 20
        assert (await Counter.get(learner_id=7)).total == 0
        assert await fetch("with c as (select total from counter) select * from c") == [(0,)]
    read.set()
    await writing
    assert await fetch("select total from counter") == [(1,)]


async def test_a_cancelled_read_is_stopped(file: Path) -> None:
    slow = [asyncio.create_task(fetch(SLOW)) for _ in range(2)]
    await asyncio.sleep(0.05)
    for task in slow:
        task.cancel()
    assert [type(e) for e in await asyncio.gather(*slow, return_exceptions=True)] == [
        asyncio.CancelledError,
        asyncio.CancelledError,
    ]
    async with asyncio.timeout(5):
        assert await fetch("select total from counter") == [(0,)]


async def test_a_transaction_waits_for_another_process(file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    other.execute("update counter set total = 5")

    async def add() -> None:
        async with transaction():
            await execute("update counter set total = total + 1")

    adding = asyncio.create_task(add())
    await asyncio.sleep(0.1)
    assert not adding.done()
    other.execute("commit")
    other.close()
    await adding
    assert await fetch("select total from counter") == [(6,)]


async def test_everything_is_closed_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "grades.sqlite3"
    async with connected(f"sqlite:///{path}", models="tests.db.counter_models"):
        await execute("create table t (x)")
        await fetch("select * from t")
    # The last connection takes the write-ahead log along.
    assert os.listdir(tmp_path) == ["grades.sqlite3"]  # noqa: PTH208


async def test_a_database_in_memory_has_one_connection() -> None:
    async with connected("sqlite://:memory:", models="tests.db.counter_models"):
        await execute("create table t (x)")
        await execute("insert into t values ($1)", 3)
        assert await fetch("select x from t") == [(3,)]


async def test_a_time_without_zone_is_refused(file: Path) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        await execute("update counter set changed_at = $1", datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        stored_time(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select $1", "select ?1"),
        ("select $1::bigint, $2::double precision, $12", "select ?1, ?2, ?12"),
        ("select $1::bigint[]", "select ?1"),
        ("select '$1', 'it''s $2', $1", "select '$1', 'it''s $2', ?1"),
    ],
)
def test_placeholders_lose_dollar_and_cast(sql: str, expected: str) -> None:
    assert numbered(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", True),
        ("\n  SELECT updated_at from deleted", True),
        ("with x as (select 1) select * from x", True),
        ("with x as (select 1) insert into y select * from x", False),
        ("insert into y values (1) returning id", False),
        ("pragma foreign_keys", False),
        ("", False),
    ],
)
def test_only_plain_reads_go_to_readers(sql: str, expected: bool) -> None:
    assert only_reads(sql) is expected


def test_a_trigger_is_one_statement() -> None:
    trigger = "create trigger t before delete on x begin select 1; select ';'; end;"
    assert list(statements(f"create table x (a); {trigger} select 2")) == [
        "create table x (a);",
        trigger,
        "select 2",
    ]
