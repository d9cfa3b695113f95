import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from events import EventStream, Pace
from tests.events.notes import Note, NoteLog, places
from tests.events.waiting import soon, until

pytestmark = pytest.mark.slow

QUIET = Pace(page=50, poll=3_600, recheck=3_600, gap=0)


async def take(events: AsyncGenerator[Note, None], count: int) -> list[int]:
    return places([await soon(anext(events)) for _ in range(count)])


async def joined(stream: EventStream[Note, int], followers: int) -> None:
    await until(lambda: stream.followers >= followers)


def write(log: NoteLog, stream: EventStream[Note, int], *course_ids: int) -> None:
    log.write(*course_ids)
    stream.wake()


async def test_without_a_place_a_follower_gets_what_comes_and_nothing_from_before() -> None:
    log = NoteLog()
    log.write(7, 7)
    async with EventStream(log, pace=QUIET) as stream, aclosing(stream.follow(7)) as events:
        first = asyncio.create_task(anext(events))
        await joined(stream, 1)
        write(log, stream, 8, 7)

        assert await soon(first) == Note(4, 7)


async def test_a_place_at_the_end_of_the_log_costs_no_reading() -> None:
    log = NoteLog()
    log.write(*[7] * 5)
    async with (
        EventStream(log, pace=QUIET) as stream,
        aclosing(stream.follow(7, after=5)) as events,
    ):
        first = asyncio.create_task(anext(events))
        await joined(stream, 1)
        write(log, stream, 7)
        assert (await soon(first)).place == 6
    assert set(log.reads) == {5}


async def test_the_past_is_read_in_pages_and_goes_over_into_the_present() -> None:
    log = NoteLog()
    log.write(*[7, 8] * 500)
    async with (
        EventStream(log, pace=QUIET) as stream,
        aclosing(stream.follow(7, after=10)) as events,
    ):
        assert await take(events, 495) == list(range(11, 1_001, 2))
        write(log, stream, 8, 7, 7)
        assert await take(events, 2) == [1_002, 1_003]


async def test_what_is_written_while_the_past_is_read_comes_once() -> None:
    log = NoteLog()
    log.write(*[7] * 1_000)
    async with EventStream(log, pace=QUIET) as stream:

        def write_more() -> None:
            if len(log.notes) < 2_000:
                write(log, stream, *[7] * 7)

        log.on_read = write_more
        async with aclosing(stream.follow(7, after=0)) as events:
            got: list[int] = []
            while len(got) < 2_000:
                got += await take(events, 1)
                await asyncio.sleep(0)
    assert got == list(range(1, 2_001))


async def test_a_slow_follower_falls_behind_reads_the_log_and_joins_again() -> None:
    log = NoteLog()
    async with (
        EventStream(log, pace=QUIET, backlog=10) as stream,
        aclosing(stream.follow(7)) as events,
    ):
        first = asyncio.create_task(anext(events))
        await joined(stream, 1)
        write(log, stream, *[7, 8] * 400)
        assert (await soon(first)).place == 1
        await until(lambda: stream.followers == 0)  # dropped: its ten places were taken
        reads = len(log.reads)

        assert await take(events, 399) == list(range(3, 801, 2))
        assert len(log.reads) > reads
        assert stream.followers == 1
        write(log, stream, 7)
        assert await take(events, 1) == [801]


async def test_a_predicate_and_a_reader_of_its_own_narrow_what_comes() -> None:
    log = NoteLog()
    log.write(*[7] * 1_000)
    asked: list[tuple[int, int]] = []

    async def tens(place: int, limit: int) -> list[Note]:
        asked.append((place, limit))
        return [note for note in log.notes[place:] if note.place % 10 == 0][:limit]

    async with EventStream(log, pace=QUIET) as stream:
        followed = stream.follow(7, after=5, admits=lambda n: n.place % 10 == 0, catch_up=tens)
        async with aclosing(followed) as events:
            assert await take(events, 100) == list(range(10, 1_001, 10))
            write(log, stream, *[7] * 25)
            assert await take(events, 2) == [1_010, 1_020]
    assert asked == [(5, 200)]


async def test_a_quiet_follower_that_reads_again_begins_where_it_was_dropped() -> None:
    log = NoteLog()
    asked: list[int] = []

    async def catch_up(place: int, limit: int) -> list[Note]:
        asked.append(place)
        return await log.after(place, limit)

    async with EventStream(log, pace=QUIET, backlog=1) as stream:
        wanted = {1, 801, 802, 803}
        followed = stream.follow(7, admits=lambda n: n.place in wanted, catch_up=catch_up)
        async with aclosing(followed) as events:
            first = asyncio.create_task(anext(events))
            await joined(stream, 1)
            write(log, stream, 7)
            await soon(first)
            write(log, stream, *[7] * 802)
            await until(lambda: stream.followers == 0)
            assert await take(events, 3) == [801, 802, 803]
    assert asked == [801]


async def test_all_followers_of_all_topics_get_the_same() -> None:
    log = NoteLog()

    async with EventStream(log, pace=QUIET, backlog=64) as stream:

        async def read(course_id: int | None) -> list[int]:
            async with aclosing(stream.follow(course_id, after=0)) as events:
                return await take(events, 300 if course_id is None else 150)

        readers = [asyncio.create_task(read(course_id)) for course_id in [None, 7, 8] * 10]
        for _ in range(150):
            write(log, stream, 7, 8)
            await asyncio.sleep(0)
        got = await soon(asyncio.gather(*readers))
    assert got[0::3] == [list(range(1, 301))] * 10
    assert got[1::3] == [list(range(1, 301, 2))] * 10
    assert got[2::3] == [list(range(2, 301, 2))] * 10


@pytest.mark.parametrize("end", ["stop", "drain"])
async def test_followers_end_when_the_stream_does(end: str) -> None:
    log = NoteLog()
    log.write(*[7] * 1_000)
    async with EventStream(log, pace=QUIET) as stream:

        async def read(after: int | None) -> str:
            async for _ in stream.follow(7, after=after):
                await asyncio.sleep(0)
            return "ended"

        waiting = [asyncio.create_task(read(None)) for _ in range(10)]
        reading = [asyncio.create_task(read(0)) for _ in range(10)]
        await joined(stream, 20)
        if end == "stop":
            await stream.stop()
        else:
            stream.drain()

        assert await soon(asyncio.gather(*waiting, *reading)) == ["ended"] * 20
        assert stream.followers == 0
        assert [note async for note in stream.follow(7, after=0)] == []


async def test_a_follower_that_is_cancelled_or_closed_leaves_nothing_behind() -> None:
    log = NoteLog()
    log.write(*[7] * 1_000)
    async with EventStream(log, pace=QUIET) as stream:
        waiting = stream.follow(7)
        task = asyncio.create_task(anext(waiting))
        await joined(stream, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stream.followers == 0

        catching_up = stream.follow(7, after=0)
        await anext(catching_up)
        assert stream.followers == 1
        await catching_up.aclose()
        assert stream.followers == 0


async def test_an_error_while_catching_up_is_the_followers_own() -> None:
    log = NoteLog()
    log.write(7)
    async with EventStream(log, pace=QUIET) as stream, aclosing(stream.follow(after=1)) as sound:
        first = asyncio.create_task(anext(sound))
        await joined(stream, 1)
        log.failures = 1
        with pytest.raises(ConnectionError):
            await anext(stream.follow(7, after=0))
        assert stream.followers == 1
        write(log, stream, 7)
        assert (await soon(first)).place == 2


async def test_a_stream_can_be_woken_at_any_time_but_followed_only_once_started() -> None:
    log = NoteLog()
    stream = EventStream(log, pace=QUIET)
    stream.wake()
    with pytest.raises(RuntimeError, match="not started"):
        await anext(stream.follow(7))

    async with stream:
        with pytest.raises(RuntimeError, match="running already"):
            await stream.start()
    stream.wake()


async def test_a_stopped_stream_can_be_started_again() -> None:
    log = NoteLog()
    stream = EventStream(log, pace=QUIET)
    async with stream:
        pass
    log.write(7)
    async with stream, aclosing(stream.follow(7, after=0)) as events:
        assert await take(events, 1) == [1]
