import asyncio
from collections.abc import AsyncIterator
from contextvars import Context

import pytest

from db.connection import connected
from db.errors import (
    DBConnectionError,
    IntegrityError,
    OperationalError,
    RetryableError,
    StatementTimeout,
    TransactionManagementError,
)
from db.sql import execute, execute_many, fetch
from db.transaction import grade_transaction, transaction
from tests.db.count_up import count_up
from tests.db.counter_models import CREATE_COUNTER, Counter

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
async def pool(blank_url: str) -> AsyncIterator[None]:
    """Two connections that are waited for half a second, for statements of 0.3 seconds."""
    async with connected(
        blank_url,
        models="tests.db.counter_models",
        pool_size=2,
        acquire_timeout=0.5,
        statement_timeout=0.3,
    ):
        await execute(CREATE_COUNTER.format(timestamp="timestamptz"))
        await execute("insert into counter (course_id, learner_id, total) values (1, 7, 0)")
        yield


async def test_sessions_are_in_utc_and_have_time_limits(pool: None) -> None:
    names = ("timezone", "statement_timeout", "idle_in_transaction_session_timeout")
    values = [(await fetch(f"show {name}"))[0][0] for name in names]
    assert values == ["UTC", "300ms", "15s"]


async def test_a_connection_is_not_waited_for_for_ever(pool: None) -> None:
    held, done = asyncio.Barrier(3), asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await held.wait()
            await done.wait()

    holders = [asyncio.create_task(hold()) for _ in range(2)]
    async with asyncio.timeout(10):
        await held.wait()
    with pytest.raises(DBConnectionError, match=r"within 0\.5 s"):
        await fetch("select 1")
    with pytest.raises(DBConnectionError):
        await Counter.get(learner_id=7)
    with pytest.raises(DBConnectionError):
        async with transaction():
            pass
    done.set()
    await asyncio.gather(*holders)
    assert [tuple(row) for row in await fetch("select 1")] == [(1,)]


async def test_a_connection_killed_while_idle_is_replaced(pool: None) -> None:
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
    held = asyncio.Barrier(2)

    async def touch() -> None:
        async with transaction():
            await held.wait()

    await asyncio.gather(touch(), touch())
    await fetch(f"{kill} and datname = current_database()")
    for _ in range(4):
        async with transaction():
            await execute("update counter set total = total + 1")
    assert (await Counter.get(learner_id=7)).total == 4


async def test_a_connection_killed_in_a_transaction_is_reported_and_replaced(pool: None) -> None:
    async def work() -> None:
        async with transaction():
            ((pid,),) = await fetch("select pg_backend_pid()")
            await asyncio.create_task(
                fetch("select pg_terminate_backend($1)", pid), context=Context()
            )
            await execute("update counter set total = 1")

    with pytest.raises(DBConnectionError):
        await work()
    assert (await Counter.get(learner_id=7)).total == 0


async def test_a_statement_that_takes_too_long_is_stopped(pool: None) -> None:
    with pytest.raises(StatementTimeout):
        await fetch("select pg_sleep(5)")
    with pytest.raises(StatementTimeout):
        await Counter.raw("select pg_sleep(5)")


async def test_a_deadlock_is_retryable(pool: None) -> None:
    await execute("insert into counter (course_id, learner_id, total) values (1, 8, 0)")
    both = asyncio.Barrier(2)

    async def cross(first: int, second: int) -> None:
        async with transaction():
            await execute("set local deadlock_timeout = '50ms'")
            await Counter.filter(learner_id=first).update(total=1)
            await both.wait()
            await Counter.filter(learner_id=second).update(total=1)

    results = await asyncio.gather(cross(7, 8), cross(8, 7), return_exceptions=True)
    assert sorted(str(type(r).__name__) for r in results) == ["NoneType", "RetryableError"]


async def test_a_serialization_failure_is_retryable_even_at_commit(pool: None) -> None:
    both = asyncio.Barrier(2)

    async def count(learner: int) -> None:
        async with transaction():
            await execute("set transaction isolation level serializable")
            await fetch("select sum(total) from counter")
            await both.wait()
            await execute("insert into counter values (1, $1, 1)", learner)

    results = await asyncio.gather(count(10), count(11), return_exceptions=True)
    assert [type(r) for r in results if r is not None] == [RetryableError]


@pytest.mark.parametrize(
    ("sql", "args", "error"),
    [
        ("insert into counter values (1, 7, 0)", [], IntegrityError),
        ("select * from nowhere", [], OperationalError),
        ("select $1::bigint", ["text"], OperationalError),
        ("select $1::bigint", [], OperationalError),
        ("select 1 / 0", [], OperationalError),
    ],
)
async def test_errors_are_translated(
    pool: None, sql: str, args: list[object], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await fetch(sql, *args)
    assert type(caught.value) is error


async def test_after_an_error_a_transaction_is_of_no_use(pool: None) -> None:
    async def work() -> None:
        async with transaction():
            with pytest.raises(OperationalError):
                await fetch("select 1 / 0")
            await fetch("select 1")

    with pytest.raises(TransactionManagementError, match="aborted"):
        await work()


async def test_writers_of_different_learners_do_not_wait_for_each_other(pool: None) -> None:
    await execute("insert into counter (course_id, learner_id, total) values (1, 8, 0)")
    async with grade_transaction(1, [7]):
        await asyncio.create_task(count_up(8), context=Context())
    assert (await Counter.get(learner_id=8)).total == 1


async def test_many_rows_are_written_all_or_none(pool: None) -> None:
    insert = "insert into counter (course_id, learner_id, total) values ($1, $2, $3)"
    with pytest.raises(IntegrityError):
        await execute_many(insert, [(1, 100, 0), (1, 7, 0)])
    assert await Counter.all().count() == 1
    await execute_many(insert, [(1, 100, 0), (1, 101, 0)])
    assert await Counter.all().count() == 3


async def test_who_is_cancelled_while_beginning_leaves_no_transaction_open(
    pool: None, caplog: pytest.LogCaptureFixture
) -> None:
    async def write() -> None:
        async with transaction():
            await asyncio.sleep(1)

    for number in range(80):
        task = asyncio.create_task(write())
        await asyncio.sleep(number * 0.00002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # asyncpg says so where a connection with an open transaction is given back to it.
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []
