import asyncio

import pytest

from events import Hub, Subscription
from tests.events.notes import Note, places


def everything(note: Note) -> bool:
    return True


async def drained(subscription: Subscription[Note, int]) -> list[int]:
    """Read what is there of a subscription that has ended."""
    return places([note async for note in subscription])


def held(subscription: Subscription[Note, int]) -> int:
    return len(subscription)


async def test_a_topic_gets_its_course_and_the_topic_of_all_gets_every_course() -> None:
    hub = Hub[Note, int](0)
    one, everywhere = hub.subscribe(7, everything), hub.subscribe(None, everything)

    asked = [hub.publish(note) for note in (Note(1, 7), Note(2, 8), Note(3, 7))]

    assert asked == [2, 1, 2]
    assert places([await anext(one), await anext(one)]) == [1, 3]
    assert places([await anext(everywhere) for _ in range(3)]) == [1, 2, 3]
    assert hub.place == 3


async def test_what_is_not_admitted_takes_no_room() -> None:
    hub = Hub[Note, int](0, backlog=2)
    subscription = hub.subscribe(None, lambda note: note.place % 10 == 0)

    for place in range(1, 21):
        hub.publish(Note(place, 7))

    assert held(subscription) == 2
    assert subscription.until is None


async def test_a_full_queue_ends_its_subscription_alone_and_stays_bounded() -> None:
    hub = Hub[Note, int](0, backlog=3)
    slow, quick = hub.subscribe(7, everything), hub.subscribe(7, everything)
    seen = []

    for place in range(1, 101):
        hub.publish(Note(place, 7))
        seen.append((await anext(quick)).place)

    assert seen == list(range(1, 101))
    assert held(slow) == 3
    assert slow.until == 3
    assert len(hub) == 1
    assert await drained(slow) == [1, 2, 3]


async def test_a_predicate_that_fails_hurts_its_own_reader_alone() -> None:
    hub = Hub[Note, int](0)
    broken, sound = hub.subscribe(7, lambda note: 1 // (note.place - 2) < 9), hub.subscribe(7, bool)

    for place in (1, 2, 3):
        hub.publish(Note(place, 7))

    assert (await anext(broken)).place == 1
    with pytest.raises(ZeroDivisionError):
        await anext(broken)
    assert held(sound) == 3
    assert len(hub) == 1


async def test_closing_ends_who_waits_who_is_behind_and_who_comes() -> None:
    hub = Hub[Note, int](0)
    waiting, behind = hub.subscribe(7, everything), hub.subscribe(8, everything)
    waiter = asyncio.create_task(drained(waiting))
    hub.publish(Note(1, 8))
    await asyncio.sleep(0)

    hub.close()

    assert await waiter == []
    assert await drained(behind) == []
    assert await drained(hub.subscribe(7, everything)) == []
    assert len(hub) == 0


async def test_leaving_forgets_the_subscription_and_its_topic() -> None:
    hub = Hub[Note, int](0)
    subscriptions = [hub.subscribe(course_id, everything) for course_id in (7, 7, 8)]

    for subscription in subscriptions:
        hub.leave(subscription)
        hub.leave(subscription)

    assert len(hub) == 0
    assert hub._topics == {}
    assert hub.publish(Note(1, 7)) == 0


async def test_readers_run_while_a_long_page_is_published() -> None:
    hub = Hub[Note, int](0, backlog=300)
    subscription = hub.subscribe(7, everything)
    reader = asyncio.create_task(drained(subscription))
    await asyncio.sleep(0)

    await hub.publish_all(Note(place, 7) for place in range(1, 5_001))
    hub.leave(subscription)
    subscription.fall_behind(hub.place)

    assert await reader == list(range(1, 5_001))
