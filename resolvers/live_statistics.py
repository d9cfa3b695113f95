"""The figures of a class, live: counted anew when grades have changed, once for all who watch."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from time import monotonic
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from db.courses import present_courses_by_id
from db.event_log import LoggedEvent, end_of_log
from db.event_log_state import Place
from events import EventStream
from grading import CourseKey, GradeStatistics, InvalidInput
from resolvers import access
from resolvers.context import Context
from resolvers.courses import require_course
from resolvers.grade_statistics import count_course
from resolvers.gradebook_filter import GradebookFilter, checked_filter
from resolvers.shared_work import SharedWork

LEAST_THROTTLE_MS: Final = 500
MOST_THROTTLE_MS: Final = 60_000

_PACE: Final = LEAST_THROTTLE_MS / 1000  # nobody may ask for figures more often

Stream = EventStream[LoggedEvent, Place]


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What was counted, and when; ``changes`` of the course's grades had been seen by then."""

    id: str
    value: GradeStatistics
    counted_at: datetime
    changes: int


async def follow_statistics(
    context: Context, course_key: CourseKey, wanted: GradebookFilter, *, throttle_ms: int
) -> AsyncGenerator[Figures, None]:
    """Yield the figures of a class: at once, and when they have changed, never too often.

    Whether the viewer may see them is asked each time.

    :raises CourseNotFound: if the viewer may not, or no longer, know of the course.
    :raises Forbidden: if the viewer may not, or no longer, see everybody's grades.
    :raises InvalidInput: if the filter or the throttle cannot be.
    """
    course = await require_course(context, course_key)
    access.require_all_grades_reader(context.viewer, course_key)
    if not LEAST_THROTTLE_MS <= throttle_ms <= MOST_THROTTLE_MS:
        raise InvalidInput(f"throttleMs must be {LEAST_THROTTLE_MS} to {MOST_THROTTLE_MS}.")
    if context.events is None:
        raise InvalidInput("Nothing can be followed here: no event stream is open.")
    topic = _Topic(course.id, checked_filter(context.viewer, course, wanted))
    told: Figures | None = None
    told_at = monotonic()
    async with _watching(context.events, topic, context.now) as watch:
        figures = await watch.figures()
        while True:
            access.require_all_grades_reader(await context.present_viewer(), course_key)
            if told is None or figures.value != told.value:
                told, told_at = figures, monotonic()
                yield figures
            await watch.change_after(figures)
            if await watch.ends_within(told_at + throttle_ms / 1000 - monotonic()):
                return
            figures = await watch.figures(after=figures)


class _Topic(NamedTuple):
    course_id: int
    wanted: GradebookFilter


class _Watch:
    """Counts the learners of a course that a filter lets through, for as long as somebody looks."""

    def __init__(self, topic: _Topic, events: Stream, now: Callable[[], datetime]) -> None:
        self.watchers = 0
        self._topic = topic
        self._now = now
        self._changes = 0
        self._stirred = asyncio.Event()
        self._ready = asyncio.Event()
        self._latest: Figures | None = None
        self._pending: SharedWork[Figures] | None = None
        self._counted_at = -_PACE
        self._following = asyncio.create_task(self._follow(events))

    @property
    def ended(self) -> bool:
        """Tell whether nothing is followed any more."""
        return self._following.done()

    async def figures(self, *, after: Figures | None = None) -> Figures:
        """Return newer figures than those; who has none is given what was counted a moment ago."""
        await self._ready.wait()
        latest = self._latest
        if (
            latest is not None
            and latest is not after
            and (latest.changes == self._changes or monotonic() - self._counted_at < _PACE)
        ):
            return latest
        if self._pending is None:
            self._pending = SharedWork(self._count())
        return await self._pending.result()

    async def change_after(self, figures: Figures) -> None:
        """Wait until grades have changed since figures were counted, or until the end."""
        while self._changes == figures.changes and not self.ended:
            await self._stirred.wait()

    async def ends_within(self, seconds: float) -> bool:
        """Wait; tell whether the stream of events has ended meanwhile."""
        if seconds > 0 or self.ended:
            await asyncio.wait([self._following], timeout=max(0.0, seconds))
        if self.ended:
            self._following.result()
        return self.ended

    async def stop(self) -> None:
        """Follow nothing any more."""
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)

    async def _follow(self, events: Stream) -> None:
        try:
            # Before anything is counted: what is committed from here on is told.
            place = await end_of_log()
            self._ready.set()
            async with aclosing(events.follow(self._topic.course_id, after=place)) as changes:
                async for _ in changes:
                    self._changes += 1
                    self._stir()
        finally:
            self._ready.set()
            asyncio.get_running_loop().call_soon(self._stir)

    def _stir(self) -> None:
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def _count(self) -> Figures:
        try:
            await asyncio.sleep(max(0.0, self._counted_at + _PACE - monotonic()))
            self._counted_at = monotonic()
            changes = self._changes
            course_id, wanted = self._topic
            course = (await present_courses_by_id([course_id]))[course_id]
            value = await count_course(course, wanted)
            name = f"statistics-{next(_numbers)}"
            self._latest = Figures(name, value, self._now(), changes)
            return self._latest
        finally:
            self._pending = None


_numbers = count(1)
_watches: WeakKeyDictionary[Stream, dict[_Topic, _Watch]] = WeakKeyDictionary()


@asynccontextmanager
async def _watching(
    events: Stream, topic: _Topic, now: Callable[[], datetime]
) -> AsyncIterator[_Watch]:
    watches = _watches.setdefault(events, {})
    watch = watches.get(topic)
    if watch is None or watch.ended:
        watch = watches[topic] = _Watch(topic, events, now)
    watch.watchers += 1
    try:
        yield watch
    finally:
        watch.watchers -= 1
        if not watch.watchers:
            if watches.get(topic) is watch:
                del watches[topic]
            await watch.stop()
