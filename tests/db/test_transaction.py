import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from db.connection import dialect, in_a_transaction
from db.errors import IntegrityError, RetryableError, TransactionManagementError
from db.sql import as_bool, as_datetime, execute, execute_many, fetch
from db.transaction import grade_transaction, retrying, stripes, transaction
from tests.db.count_up import count_up
from tests.db.counter_models import Counter

PROJECT = Path(__file__).parents[2]


async def total(learner_id: int = 7) -> int:
    ((value,),) = await fetch("select total from counter where learner_id = $1", learner_id)
    return int(value)


async def test_a_hundred_tasks_lose_no_update(counters: str) -> None:
    await asyncio.gather(*(count_up() for _ in range(100)))
    assert await total() == 100


async def test_two_processes_and_this_one_lose_no_update(counters: str) -> None:
    others = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.db.count_up", counters, "60"), cwd=PROJECT
        )
        for _ in range(2)
    ]
    here = 0
    while any(other.returncode is None for other in others):
        await count_up()
        here += 1
        await asyncio.sleep(0.001)
    assert [other.returncode for other in others] == [0, 0]
    assert await total() == 120 + here


async def test_random_cancellations_leak_nothing(counters: str) -> None:
    chance = random.Random(3)

    async def write() -> None:
        async with transaction():
            await execute("update counter set total = total + 1 where learner_id = 7")
            async with transaction():
                await asyncio.sleep(chance.random() * 0.002)
                await execute("update counter set total = total - 1 where learner_id = 7")

    async def cancelled(delay: float) -> None:
        task = asyncio.create_task(write())
        await asyncio.sleep(delay)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    for _ in range(30):
        await asyncio.gather(*(cancelled(chance.random() * 0.012) for _ in range(10)))
    # All connections at once: one that leaked would be missed.
    everyone = asyncio.Barrier(5 if dialect() == "postgres" else 1)

    async def hold() -> None:
        async with transaction():
            await everyone.wait()

    await asyncio.wait_for(asyncio.gather(*(hold() for _ in range(everyone.parties))), 10)
    assert await total() == 0
    assert not in_a_transaction()


async def test_a_cancelled_bulk_write_is_all_or_nothing_and_leaks_nothing(counters: str) -> None:
    rows = [[1, learner, 1] for learner in range(100, 30_100)]
    insert = "insert into counter (course_id, learner_id, total) values ($1, $2, $3)"
    task = asyncio.create_task(execute_many(insert, rows))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await execute("update counter set total = 5") in {1, 30_001}


async def test_what_is_not_committed_is_not_read(counters: str) -> None:
    written, read = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with transaction():
            await execute("update counter set total = 777")
            written.set()
            await read.wait()
            raise KeyError

    writing = asyncio.create_task(write())
    await written.wait()
    # Through both doors, and while the writer holds its transaction open.
    assert await total() == 0
    assert (await Counter.get(learner_id=7)).total == 0
    read.set()
    with pytest.raises(KeyError):
        await writing
    assert await total() == 0


async def test_a_transaction_reads_what_it_wrote_itself(counters: str) -> None:
    async with transaction():
        await execute("update counter set total = 3")
        assert await total() == 3
        assert (await Counter.get(learner_id=7)).total == 3


@pytest.mark.parametrize("error", [KeyError, TransactionManagementError, asyncio.CancelledError])
async def test_every_exception_undoes_the_transaction(
    counters: str, error: type[BaseException]
) -> None:
    async def write() -> None:
        async with transaction():
            await execute("update counter set total = 42")
            raise error("no")

    with pytest.raises(error):
        await write()
    async with transaction():
        assert await total() == 0


async def test_a_task_that_outlives_its_transaction_is_refused(counters: str) -> None:
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        await execute("update counter set total = 9")

    async with transaction():
        task = asyncio.create_task(late())
    async with transaction():
        over.set()
        with pytest.raises(TransactionManagementError, match="has ended"):
            await task
    assert await total() == 0


async def test_an_inner_transaction_is_undone_alone(counters: str) -> None:
    async def fail() -> None:
        async with transaction():
            await execute("update counter set total = 2")
            await execute("insert into counter values (1, 7, 0, $1, null)", False)

    async with transaction():
        await execute("update counter set total = 1")
        with pytest.raises(IntegrityError):
            await fail()
        async with transaction():
            await execute("update counter set total = total + 10")
    assert await total() == 11


async def test_statements_of_one_transaction_may_be_gathered(counters: str) -> None:
    async with transaction():
        await asyncio.gather(
            *(execute("update counter set total = total + $1", 1) for _ in range(20))
        )
    assert await total() == 20


async def first(generator: AsyncGenerator[int, None]) -> int:
    return await anext(generator)


async def test_a_generator_closed_by_another_task_ends_its_transaction(counters: str) -> None:
    async def generate() -> AsyncGenerator[int, None]:
        async with transaction():
            await execute("update counter set total = 4")
            yield 1

    generator = generate()
    assert await asyncio.create_task(first(generator)) == 1
    await asyncio.create_task(generator.aclose())
    async with asyncio.timeout(5), transaction():
        assert await total() == 0


async def test_a_grade_transaction_inside_another_is_refused(counters: str) -> None:
    async with transaction():
        with pytest.raises(TransactionManagementError, match="cannot be part"):
            async with grade_transaction(1, [7]):
                pass


def test_stripes_are_sorted_and_shared_by_learners_1024_apart() -> None:
    assert stripes(3, [2048, 5, 1029, 1]) == [3072, 3073, 3077]


async def test_a_lost_race_is_run_three_times_in_all(counters: str) -> None:
    attempts = []

    @retrying
    async def lose(times: int) -> str:
        attempts.append(times)
        async with transaction():
            await execute("update counter set total = total + 1")
            if len(attempts) <= times:
                raise RetryableError("lost")
        return "won"

    assert await lose(2) == "won"
    assert attempts == [2, 2, 2]
    assert await total() == 1
    attempts.clear()
    with pytest.raises(RetryableError):
        await lose(3)
    assert len(attempts) == 3
    assert await total() == 1


async def test_inside_a_transaction_nothing_is_run_again(counters: str) -> None:
    attempts = 0

    @retrying
    async def lose() -> None:
        nonlocal attempts
        attempts += 1
        raise RetryableError("lost")

    with pytest.raises(RetryableError):
        async with transaction():
            await lose()
    assert attempts == 1


async def test_both_doors_see_the_same_time_and_truth(counters: str) -> None:
    await execute(
        "update counter set passed = $1, changed_at = $2",
        True,
        as_datetime("2026-11-01T12:00:00.5+05:00"),
    )
    counter = await Counter.get(learner_id=7)
    assert counter.passed is True
    assert counter.changed_at == as_datetime("2026-11-01T07:00:00.500000+00:00")
    counter.changed_at = as_datetime("2026-11-02T12:00:00+05:00")
    await counter.save()
    ((passed, changed_at),) = await fetch(
        "select passed, changed_at from counter where changed_at = $1",
        as_datetime("2026-11-02T07:00:00+00:00"),
    )
    assert as_bool(passed) is True
    assert as_datetime(changed_at).isoformat() == "2026-11-02T07:00:00+00:00"
