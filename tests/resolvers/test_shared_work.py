"""What many wait for is done once, whoever of them leaves."""

import asyncio
import gc

import pytest

from resolvers.shared_work import SharedWork


async def test_all_who_wait_get_the_one_result() -> None:
    begun = []

    async def work() -> object:
        begun.append(1)
        await asyncio.sleep(0)
        return object()

    shared = SharedWork(work())
    results = await asyncio.gather(*(shared.result() for _ in range(100)))

    assert len(begun) == 1
    assert len(set(results)) == 1
    assert await shared.result() is results[0]


async def test_one_who_leaves_ends_nothing_for_the_others() -> None:
    finish = asyncio.Event()

    async def work() -> str:
        await finish.wait()
        return "done"

    shared = SharedWork(work())
    waiting = [asyncio.create_task(shared.result()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    finish.set()

    assert await asyncio.gather(*waiting[1:]) == ["done", "done"]
    assert waiting[0].cancelled()


async def test_all_who_wait_are_told_of_a_failure() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise LookupError("gone")

    shared = SharedWork(work())
    results = await asyncio.gather(*(shared.result() for _ in range(2)), return_exceptions=True)

    assert [str(result) for result in results] == ["gone", "gone"]
    with pytest.raises(LookupError, match="gone"):
        await shared.result()


async def test_a_failure_that_nobody_waits_for_is_silent() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def work() -> None:
        raise LookupError("gone")

    shared = SharedWork(work())
    for _ in range(3):
        await asyncio.sleep(0)
    del shared
    gc.collect()

    assert complaints == []


async def test_it_ages_from_its_beginning() -> None:
    shared = SharedWork(asyncio.sleep(0))

    assert shared.is_older_than(-1.0)
    assert not shared.is_older_than(3_600.0)
    await shared.result()
