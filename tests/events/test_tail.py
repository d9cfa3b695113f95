import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from events import Pace, Tail
from tests.events.notes import Note, NoteLog, places
from tests.events.waiting import until

pytestmark = pytest.mark.slow

NEVER_BY_ITSELF = Pace(page=10, poll=3_600, recheck=3_600, gap=0)


class Book:
    """What a tail published, and how much at a time."""

    def __init__(self) -> None:
        self.pages: list[list[int]] = []
        self.failures = 0

    async def publish(self, notes: Sequence[Note]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("nobody there")
        self.pages.append(places(notes))

    def places(self) -> list[int]:
        return [place for page in self.pages for place in page]


@asynccontextmanager
async def running(tail: Tail[Note, int]) -> AsyncIterator[None]:
    task = asyncio.create_task(tail.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_it_begins_at_its_place_and_reads_in_pages() -> None:
    log, book = NoteLog(), Book()
    log.write(*[7] * 34)

    async with running(Tail(log, 10, book.publish, pace=NEVER_BY_ITSELF)):
        await until(lambda: len(book.pages) == 3)

    assert [len(page) for page in book.pages] == [10, 10, 4]
    assert book.places() == list(range(11, 35))


async def test_a_wake_up_makes_it_look_and_many_make_it_look_once() -> None:
    log, book = NoteLog(), Book()
    tail = Tail(log, 0, book.publish, pace=NEVER_BY_ITSELF)

    async with running(tail):
        await until(lambda: log.reads == [0])
        log.write(7, 8, 7)
        for _ in range(1_000):
            tail.wake()
        await until(lambda: tail.place == 3)
        await asyncio.sleep(0.02)

    assert book.pages == [[1, 2, 3]]
    assert log.reads == [0, 0]


async def test_it_finds_everything_without_any_wake_up() -> None:
    log, book = NoteLog(), Book()

    async with running(Tail(log, 0, book.publish, pace=Pace(poll=0.01))):
        for written in range(1, 6):
            log.write(7)
            await until(lambda: book.places() == list(range(1, written + 1)))  # noqa: B023


async def test_it_looks_again_soon_while_events_are_incomplete() -> None:
    log, book = NoteLog(visible=1), Book()
    log.write(7, 7, 7)

    async with running(Tail(log, 0, book.publish, pace=Pace(poll=3_600, recheck=0.005))):
        await until(lambda: book.places() == [1] and len(log.reads) > 3)
        # As after the rollback of whoever held them back: nobody says so.
        log.visible = None
        await until(lambda: book.places() == [1, 2, 3])


async def test_errors_of_the_log_are_waited_out_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log, book = NoteLog(failures=4), Book()
    log.write(7, 8, 9)

    with caplog.at_level(logging.INFO):
        async with running(Tail(log, 0, book.publish, pace=NEVER_BY_ITSELF)):
            await until(lambda: book.places() == [1, 2, 3])
            await asyncio.sleep(0)

    assert caplog.messages == [
        "reading the event log failed and is tried again",
        "reading the event log works again",
    ]


async def test_a_page_that_could_not_be_handed_on_is_handed_on_again() -> None:
    log, book = NoteLog(), Book()
    book.failures = 2
    log.write(7, 8, 9)

    async with running(Tail(log, 0, book.publish, pace=NEVER_BY_ITSELF)):
        await until(lambda: book.pages == [[1, 2, 3]])
