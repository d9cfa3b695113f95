"""Grade events: reading the log in pages, and following it live."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final
from weakref import WeakKeyDictionary

from db.courses import StoredCourse, present_courses_by_id
from db.event_log import (
    ALL_EVENTS,
    EventFilter,
    LoggedEvent,
    end_of_log,
    events_after,
    events_before,
    events_of_request,
)
from db.event_log_state import MAX_ID, Place, log_state, read_log_state
from events import Stretch
from grading import (
    CourseGradeChanged,
    EventKind,
    InvalidInput,
    LearnerId,
    TooManyItems,
)
from resolvers import access
from resolvers.context import Context
from resolvers.event_access import (
    as_seen_by,
    permitted_filter,
    require_event_reader,
    require_signed_in,
)
from resolvers.event_cursor import cursor_of, place_of
from resolvers.shared_work import SharedWork

__all__ = [
    "ALL_EVENTS",
    "EventFilter",
    "EventPage",
    "GradeEvent",
    "LoggedEvent",
]

MAX_EVENTS = 500


@dataclass(frozen=True, slots=True, eq=False)
class GradeEvent:
    """An event with its course, and the cursor that leads to what follows it.

    An event may be told before an older transaction has ended, whose events come after it: its
    cursor then leads back to where everything was complete. The same object for all who are told
    it at the same time.
    """

    logged: LoggedEvent
    course: StoredCourse
    cursor: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in a row, the cursor of each in this row, and whether there are more.

    ``end`` is the cursor of the last that was read, which the viewer may not have seen.
    """

    events: tuple[GradeEvent, ...]
    cursors: tuple[str, ...]
    has_next: bool
    end: str | None


async def present_cursor(context: Context) -> str:
    """Return the cursor behind all that was complete when this operation began.

    State that is read after it, and events that follow it, leave no gap between them.
    """
    require_signed_in(context.viewer)
    state = await log_state()
    return cursor_of(state.epoch, context.began_at or await end_of_log())


async def at_the_end_of_the_log(context: Context) -> Context:
    """Return the same circumstances with the place that the log had reached at this moment."""
    return replace(context, began_at=await end_of_log())


async def read_page(
    context: Context, asked: EventFilter, *, first: int, after: str | None
) -> EventPage:
    """Return the next events behind a cursor, oldest first.

    :raises MalformedCursor: if the cursor is none of ours.
    :raises CursorExpired: if events behind it were deleted.
    :raises TooManyItems: if more than 500 are asked for.
    """
    size = _page_size(first)
    permitted = await permitted_filter(context, asked)
    place = (await read_log_state()).retained if after is None else await place_of(after)

    async def read(place: Place | None, limit: int) -> list[LoggedEvent]:
        behind = place or Place(0, 0)
        return await events_after(behind, limit=limit, asked=permitted)

    return await _page(context, read, place, size, complete=True)


async def read_history(
    context: Context, asked: EventFilter, *, first: int, after: str | None
) -> EventPage:
    """Return events newest first; ``after`` a cursor are the older ones.

    :raises MalformedCursor: if the cursor is none of ours.
    :raises TooManyItems: if more than 500 are asked for.
    """
    size = _page_size(first)
    permitted = await permitted_filter(context, asked)
    place = None if after is None else await place_of(after)

    async def read(place: Place | None, limit: int) -> list[LoggedEvent]:
        return await events_before(place, limit=limit, asked=permitted)

    return await _page(context, read, place, size, complete=False)


async def read_announced(
    context: Context,
    course: StoredCourse,
    learner_ids: Collection[LearnerId],
    correlation_id: str,
) -> list[GradeEvent]:
    """Return what one change announced of learners in a course, in order."""
    access.require_grades_editor(context.viewer, course.key)
    logged = await events_of_request(course.id, learner_ids, correlation_id)
    return await _with_courses(context, logged, complete=False)


async def follow(
    context: Context, asked: EventFilter, *, after: str | None, repeat_status: bool = False
) -> AsyncGenerator[GradeEvent, None]:
    """Yield events as they are committed; those behind the cursor first.

    Whether the viewer may see it is asked for every event. With ``repeat_status`` every change
    of a course grade comes as a change of passing status, as in Open edX. The context may ask for
    a stretch alone.

    :raises CourseNotFound: if the viewer may not, or no longer, know of the course.
    :raises Forbidden: if others' events are asked for, or all courses', and are not the viewer's.
    :raises MalformedCursor: if the cursor is none of ours.
    :raises CursorExpired: if events behind it were deleted.
    """
    permitted = await permitted_filter(context, asked)
    if context.events is None:
        raise InvalidInput("Nothing can be followed here: no event stream is open.")
    kinds = {EventKind.COURSE_GRADE_CHANGED} if repeat_status else permitted.kinds
    wanted = replace(permitted, kinds=kinds)
    epoch = (await log_state()).epoch
    stretch = context.stretch or Stretch()
    place = None
    if after is not None and stretch.begins_at is None:
        place = await place_of(after)

    async def catch_up(behind: Place, limit: int) -> Sequence[LoggedEvent]:
        return await events_after(behind, limit=limit, asked=wanted)

    course_ids = tuple(wanted.course_ids or ())
    course_id = course_ids[0] if len(course_ids) == 1 else None
    announcer = _announcers.setdefault(context.events, _Announcer())
    stream = context.events.follow(
        course_id, after=place, admits=wanted.admits, catch_up=catch_up, stretch=stretch
    )
    async with aclosing(stream) as logged_events:
        async for logged in logged_events:
            course = await announcer.present_course(logged.course_id)
            viewer = await context.present_viewer()
            require_event_reader(viewer, course, logged.change.learner_id)
            seen = as_seen_by(viewer, course, logged, context.now())
            if seen is not None:
                altered = seen is not logged
                yield announcer.announce(
                    epoch, seen, course, altered=altered, repeat_status=repeat_status
                )


_COURSE_KEPT: Final = 0.5  # seconds
_KEPT: Final = 1_000  # events


class _Announcer:
    """Makes what the followers of a stream are told: once for a thousand of them."""

    def __init__(self) -> None:
        self._courses: dict[int, SharedWork[StoredCourse]] = {}
        self._events: OrderedDict[tuple[str, int, bool, bool], GradeEvent] = OrderedDict()

    def announce(
        self,
        epoch: str,
        logged: LoggedEvent,
        course: StoredCourse,
        *,
        altered: bool,
        repeat_status: bool,
    ) -> GradeEvent:
        """Return an event as its followers are told it."""
        key = (epoch, logged.id, repeat_status, altered)
        event = self._events.get(key)
        if event is None or event.course is not course:
            told = _repeated(logged) if repeat_status else logged
            event = self._events[key] = GradeEvent(told, course, cursor_of(epoch, logged.place))
            if len(self._events) > _KEPT:
                self._events.popitem(last=False)
        return event

    async def present_course(self, course_id: int) -> StoredCourse:
        """Return a course as it is now, or was half a second ago."""
        work = self._courses.get(course_id)
        if work is None or work.is_older_than(_COURSE_KEPT):
            work = self._courses[course_id] = SharedWork(_read_course(course_id))
        return await work.result()


_announcers: WeakKeyDictionary[object, _Announcer] = WeakKeyDictionary()


async def _read_course(course_id: int) -> StoredCourse:
    return (await present_courses_by_id([course_id]))[course_id]


def _repeated(logged: LoggedEvent) -> LoggedEvent:
    if isinstance(logged.change, CourseGradeChanged):
        return replace(logged, change=logged.change.passing_status())
    return logged


async def _page(
    context: Context,
    read: Callable[[Place | None, int], Awaitable[list[LoggedEvent]]],
    place: Place | None,
    size: int,
    *,
    complete: bool,
) -> EventPage:
    # How many there are on a page must not tell how many the viewer may not see.
    epoch = (await log_state()).epoch
    events: list[GradeEvent] = []
    end: Place | None = None
    limit, more = size + 1, True
    while more and len(events) <= size:
        logged = await read(place, limit)
        more, limit = len(logged) == limit, MAX_EVENTS
        events += await _with_courses(context, logged, complete=complete)
        if logged:
            place = end = logged[-1].place
    page = events[:size]
    if len(events) > size:
        end = page[-1].logged.place if page else None
    cursors = tuple(cursor_of(epoch, one.logged.place) for one in page)
    return EventPage(
        tuple(page),
        cursors,
        len(events) > size,
        None if end is None else cursor_of(epoch, end),
    )


async def _with_courses(
    context: Context, logged: Sequence[LoggedEvent], *, complete: bool
) -> list[GradeEvent]:
    epoch = (await log_state()).epoch
    safe = Place(MAX_ID, MAX_ID) if complete or not logged else await end_of_log()
    ids = list({one.course_id for one in logged})
    found = await context.loaders.course_by_id.load_many(ids)
    courses = dict(zip(ids, found, strict=True))
    now = context.now()
    return [
        GradeEvent(seen, course, cursor_of(epoch, min(one.place, safe)))
        for one in logged
        if (course := courses[one.course_id]) is not None
        and (seen := as_seen_by(context.viewer, course, one, now)) is not None
    ]


def _page_size(first: int) -> int:
    if first < 0:
        raise InvalidInput("first must not be negative.")
    if first > MAX_EVENTS:
        raise TooManyItems(f"first may be at most {MAX_EVENTS}; page on with the cursor.")
    return first
