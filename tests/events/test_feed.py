import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest

from events import EventStream, Feed, Member, Pace, Stretch
from events.feed import TOLD_AT_ONCE
from tests.events.notes import Note, NoteLog
from tests.events.waiting import soon, until

QUIET = Pace(page=50, poll=3_600, recheck=3_600, gap=0)


class Listener:
    """Takes what it is offered as long as it is ready."""

    def __init__(self, place: int = 0, *, backlog: int = 1_000) -> None:
        self.heard: list[str] = []
        self.ready = True
        self.on_offer: Callable[[], None] = lambda: None
        self.member = Member[int, str](place, self._take, backlog=backlog)

    def _take(self, result: str) -> bool:
        self.on_offer()
        if self.ready:
            self.heard.append(result)
        return self.ready


async def overdue(member: Member[int, str]) -> list[str]:
    """Read what waits, and whatever comes, until the member is let go."""
    return [result async for result in member.overdue()]


async def told(feed: Feed[int, str], *places: int) -> None:
    for place in places:
        await feed.tell(place, f"note {place}")


async def test_everybody_is_told_what_is_behind_their_place_and_nothing_else() -> None:
    feed = Feed[int, str](3)
    one, ahead = Listener(3), Listener(5)
    assert [feed.join(one.member), feed.join(ahead.member)] == [True, True]

    await told(feed, 4, 5, 7)

    assert one.heard == ["note 4", "note 5", "note 7"]
    assert ahead.heard == ["note 7"]
    assert (one.member.place, ahead.member.place, feed.place) == (7, 7, 7)


async def test_who_lacks_what_the_others_were_told_cannot_join() -> None:
    feed = Feed[int, str](3)
    feed.join(Listener(3).member)
    await told(feed, 6)

    behind, exact = Listener(5), Listener(6)

    assert [feed.join(behind.member), feed.join(exact.member)] == [False, True]
    assert len(feed) == 2


async def test_one_who_is_not_ready_finds_it_waiting_in_order_and_delays_nobody() -> None:
    feed = Feed[int, str](0)
    slow, quick = Listener(), Listener()
    for one in (slow, quick):
        feed.join(one.member)
    slow.ready = False
    await told(feed, 1, 2)
    slow.ready = True
    await told(feed, 3)

    async with aclosing(slow.member.overdue()) as waiting:
        first = [await soon(anext(waiting)) for _ in range(2)]
        place_on_the_way = slow.member.place
        second = await soon(anext(waiting))
        resting = asyncio.create_task(anext(waiting, None))
        await until(lambda: slow.member.place == 3)
        await told(feed, 4)
        feed.let_go(slow.member)
        assert await soon(resting) is None

    assert (first, second) == (["note 1", "note 2"], "note 3")
    assert place_on_the_way == 1  # the second one may not have been sent yet
    assert slow.heard == ["note 4"]
    assert quick.heard == [f"note {place}" for place in (1, 2, 3, 4)]


async def test_one_who_has_no_room_is_let_go_behind_what_it_was_given() -> None:
    feed = Feed[int, str](0)
    slow, quick = Listener(backlog=2), Listener()
    for one in (slow, quick):
        feed.join(one.member)
    slow.ready = False

    await told(feed, 1, 2, 3, 4)

    assert len(feed) == 1
    assert await soon(overdue(slow.member)) == ["note 1", "note 2"]
    assert (slow.member.place, slow.member.ended) == (2, False)
    assert len(quick.heard) == 4


async def test_one_who_leaves_in_the_middle_of_a_broadcast_is_passed_over() -> None:
    feed = Feed[int, str](0)
    first, leaving, last = Listener(), Listener(), Listener()
    for one in (first, leaving, last):
        feed.join(one.member)
    first.on_offer = lambda: feed.leave(leaving.member)

    await told(feed, 1)

    assert (first.heard, leaving.heard, last.heard) == (["note 1"], [], ["note 1"])


async def test_others_run_in_the_middle_of_a_large_broadcast_and_may_come_and_go() -> None:
    feed = Feed[int, str](0)
    crowd = [Listener() for _ in range(TOLD_AT_ONCE * 2)]
    for one in crowd:
        feed.join(one.member)
    telling = asyncio.create_task(told(feed, 1))
    await asyncio.sleep(0)

    heard = sum(len(one.heard) for one in crowd)
    feed.leave(crowd[-1].member)
    early, late = Listener(0), Listener(1)
    joined = [feed.join(early.member), feed.join(late.member)]
    await telling
    await told(feed, 2)

    assert heard == TOLD_AT_ONCE
    assert joined == [False, True]
    assert crowd[-1].heard == []
    assert late.heard == ["note 2"]
    assert all(one.heard == ["note 1", "note 2"] for one in crowd[:-1])


@pytest.mark.parametrize("end", ["disband", "end"])
async def test_nobody_joins_a_feed_that_is_closed(end: str) -> None:
    feed = Feed[int, str](0)
    slow = Listener()
    feed.join(slow.member)
    slow.ready = False
    await told(feed, 1)

    getattr(feed, end)()

    assert feed.join(Listener().member) is False
    assert len(feed) == 0
    assert await soon(overdue(slow.member)) == (["note 1"] if end == "disband" else [])
    assert slow.member.ended is (end == "end")


async def test_a_stretch_until_the_present_ends_where_a_feed_goes_on() -> None:
    log = NoteLog()
    log.write(*[7] * 500)
    async with EventStream(log, pace=QUIET) as stream:
        feed = stream.feed(0)
        listeners: list[Listener] = []
        feeding = asyncio.create_task(_feed_all(stream, feed))
        written = asyncio.create_task(_write_more(log, stream))

        async def join(after: int | None) -> list[int]:
            """Catch up, as often as the feed is ahead, and join it."""
            got: list[int] = []
            place = after
            while True:
                stretch = Stretch[int](begins_at=place, until_present=True)
                async with aclosing(stream.follow(7, stretch=stretch)) as notes:
                    got += [note.place async for note in notes]
                assert stretch.reached is not None
                listener = Listener(place := stretch.reached)
                if feed.join(listener.member):
                    listeners.append(listener)
                    return got

        caught_up = [await soon(join(after)) for after in range(0, 500, 10)]
        await written
        await until(lambda: feed.place == 2_000)
        feeding.cancel()

    for number, (got, listener) in enumerate(zip(caught_up, listeners, strict=True)):
        seen = got + [int(text.removeprefix("note ")) for text in listener.heard]
        assert seen == list(range(number * 10 + 1, 2_001))


async def _feed_all(stream: EventStream[Note, int], feed: Feed[int, str]) -> None:
    notes: AsyncGenerator[Note, None] = stream.follow(7, stretch=Stretch(0, for_many=True))
    async with aclosing(notes):
        async for note in notes:
            await feed.tell(note.place, f"note {note.place}")


async def _write_more(log: NoteLog, stream: EventStream[Note, int]) -> None:
    while len(log.notes) < 2_000:
        log.write(7, 7, 7)
        stream.wake()
        await asyncio.sleep(0)


async def test_members_of_feeds_count_as_followers_and_their_reader_does_not() -> None:
    log = NoteLog()
    async with EventStream(log, pace=QUIET) as stream:
        feed = stream.feed(0)
        feeding = asyncio.create_task(_feed_all(stream, feed))
        alone = asyncio.create_task(anext(stream.follow(7)))
        await until(lambda: stream.followers == 1)
        member = Listener().member
        feed.join(member)
        assert stream.followers == 2

        feed.leave(member)
        log.write(7)
        stream.wake()
        await soon(alone)
        feeding.cancel()


async def test_a_stretch_reads_up_to_a_place_that_was_not_published_yet() -> None:
    log = NoteLog()
    async with EventStream(log, pace=QUIET) as stream:
        log.write(7, 8, 7, 7)
        stretch = Stretch[int](begins_at=0, until_present=True, at_least=3)
        async with aclosing(stream.follow(7, stretch=stretch)) as notes:
            got = [note.place async for note in notes]

    assert got == [1, 3, 4]
    assert stretch.reached == 4


async def test_a_stretch_ends_with_its_stream_and_reaches_nothing() -> None:
    log = NoteLog()
    log.write(*[7] * 500)
    async with EventStream(log, pace=QUIET) as stream:
        stretch = Stretch[int](begins_at=0, until_present=True)
        async with aclosing(stream.follow(7, stretch=stretch)) as notes:
            await anext(notes)
            stream.drain()
            assert [note async for note in notes] == []

    assert stretch.reached is None
