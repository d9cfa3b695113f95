from collections.abc import AsyncIterator
from contextvars import Context
from typing import cast

import asyncpg  # type: ignore[import-untyped]
import pytest

from db import clean_connections
from db.asyncpg_backend import AsyncpgPool
from db.clean_connections import leaves_nothing
from db.connection import client, connected
from db.errors import OperationalError, TransactionManagementError
from db.pool import pool_use
from db.sql import execute, fetch
from db.transaction import transaction

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
async def pool(blank_url: str) -> AsyncIterator[None]:
    """One connection, that everybody has after each other."""
    async with connected(blank_url, models="tests.db.counter_models", pool_size=1):
        yield


@pytest.fixture
async def outside(blank_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is none of the pool's."""
    connection = await asyncpg.connect(blank_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", True),
        ("  (SELECT 1) union all select 2", True),
        ("with a as (select 1) select * from a", True),
        ("insert into t values (1)", True),
        ("update t set a = 1", True),
        ("delete from t", True),
        ("select pg_advisory_xact_lock(1)", True),
        ("select pg_advisory_lock(1)", False),
        ("select pg_try_advisory_lock(1)", False),
        ("select set_config('timezone', 'UTC', false)", False),
        ("select 1 into temp t", False),
        ("set timezone = 'UTC'", False),
        ("show timezone", False),
        ("listen news", False),
        ("create temp table t (a int)", False),
        ("selection", False),
        ("", False),
    ],
)
def test_what_stays_on_a_connection_is_known(sql: str, expected: bool) -> None:
    assert leaves_nothing(sql) is expected


async def test_after_a_plain_statement_the_server_is_asked_nothing_more(
    pool: None, outside: asyncpg.Connection
) -> None:
    ((pid,),) = await fetch("select pg_backend_pid()")
    last = "select query, state from pg_stat_activity where pid = $1"

    assert tuple(await outside.fetchrow(last, pid)) == ("select pg_backend_pid()", "idle")

    async with transaction():
        await fetch("select 1")
    assert tuple(await outside.fetchrow(last, pid)) == ("commit", "idle")
    assert await fetch("select pg_backend_pid()") == [(pid,)]


@pytest.mark.parametrize("in_transaction", [False, True])
async def test_settings_and_locks_do_not_stay_for_the_next_one(
    pool: None, outside: asyncpg.Connection, in_transaction: bool
) -> None:
    async def leave() -> None:
        await fetch("select pg_advisory_lock(7)")
        await execute("set timezone = 'Asia/Tokyo'")

    if in_transaction:
        async with transaction():
            await leave()
    else:
        await leave()

    assert [tuple(row) for row in await fetch("show timezone")] == [("UTC",)]
    assert await outside.fetchval("select pg_try_advisory_lock(7)") is True


async def test_what_a_savepoint_leaves_does_not_stay_either(pool: None) -> None:
    async with transaction(), transaction():
        await execute("set timezone = 'Asia/Tokyo'")

    assert [tuple(row) for row in await fetch("show timezone")] == [("UTC",)]


async def test_an_error_that_is_passed_over_is_no_commit(pool: None) -> None:
    async def pass_over() -> None:
        async with transaction():
            with pytest.raises(OperationalError):
                await fetch("select 1 / 0")

    with pytest.raises(TransactionManagementError, match="aborted"):
        await pass_over()
    assert [tuple(row) for row in await fetch("select 1")] == [(1,)]


async def test_connections_that_wait_are_counted_and_given_back(
    pool: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fetch("select 1")
    connections = cast(AsyncpgPool, client()).connections
    assert connections is not None
    assert (pool_use(), connections.waiting) == ((0, 1, 1), 1)

    monkeypatch.setattr(clean_connections, "TURNS", 1)
    await fetch("select 1")

    assert (pool_use(), connections.waiting) == ((0, 1, 1), 0)


async def test_a_connection_that_died_while_it_waited_is_replaced(
    pool: None, outside: asyncpg.Connection
) -> None:
    ((pid,),) = await fetch("select pg_backend_pid()")
    await outside.execute("select pg_terminate_backend($1, 5000)", pid)
    async with transaction():
        ((another,),) = await fetch("select pg_backend_pid()")

    assert another != pid
    assert Context().run(pool_use) == (0, 1, 1)
