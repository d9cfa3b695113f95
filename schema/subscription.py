"""The streams that clients can follow."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, TypeVar, cast

import strawberry

import grading
from resolvers import courses, learners
from resolvers.grade_events import EventFilter, follow
from resolvers.live_statistics import follow_statistics
from schema.course import Course
from schema.grade_event import (
    KINDS,
    CourseGradeChanged,
    GradeEvent,
    GradeEventType,
    PassingStatusChanged,
    SubsectionGradeChanged,
    grade_event_of,
    kinds_of,
)
from schema.grade_job import GradeJob
from schema.grade_jobs import follow_grade_job
from schema.grade_statistics import STAFF_ONLY, GradeStatistics
from schema.gradebook_filter import Filter, asked_filter
from schema.info import Info
from schema.learner import LearnerRefInput
from schema.passing_status import PassingStatus

Event = TypeVar("Event", bound=GradeEvent)

CourseKey = Annotated[grading.CourseKey, strawberry.argument(description="The course.")]
Learner = Annotated[
    LearnerRefInput | None, strawberry.argument(description="Only this learner's events.")
]
After = Annotated[
    str | None,
    strawberry.argument(
        description="The last cursor seen: missed events come first, then live ones. Without it "
        "the stream begins now."
    ),
]

DEFAULT_THROTTLE_MS = 1000

EVERY_EVENT = (
    "Every event carries `cursor`. Pass the last one seen as `after` on (re)connect: missed "
    "events are sent first, then live ones. Authorisation is checked for every event."
)


@strawberry.type(description=f"The streams that clients can follow. {EVERY_EVENT}")
class Subscription:
    @strawberry.subscription(description="COURSE_GRADE_CHANGED.")
    async def course_grade_changed(
        self, info: Info, course_key: CourseKey, learner: Learner = None, after: After = None
    ) -> AsyncGenerator[CourseGradeChanged, None]:
        kinds = KINDS[GradeEventType.COURSE_GRADE_CHANGED]
        async with aclosing(_events(info, course_key, learner, kinds, after)) as events:
            async for event in events:
                yield cast(CourseGradeChanged, event)

    @strawberry.subscription(
        description="COURSE_GRADE_NOW_PASSED / COURSE_GRADE_NOW_FAILED. By default only real "
        "transitions; `repeat: true` gives Open edX's behaviour (one event for every changed "
        "grade). Omit `courseKey` for all courses."
    )
    async def passing_status_changed(
        self,
        info: Info,
        course_key: Annotated[
            grading.CourseKey | None,
            strawberry.argument(description="The course; all courses when not given."),
        ] = None,
        learner: Learner = None,
        to: Annotated[
            list[PassingStatus] | None,
            strawberry.argument(description="Only those that lead to one of these."),
        ] = None,
        repeat: Annotated[
            bool, strawberry.argument(description="Also where the status stays what it was.")
        ] = False,
        after: After = None,
    ) -> AsyncGenerator[PassingStatusChanged, None]:
        kinds = KINDS[GradeEventType.PASSING_STATUS_CHANGED]
        stream = _events(info, course_key, learner, kinds, after, repeat_status=repeat)
        async with aclosing(stream) as events:
            async for event in events:
                changed = cast(PassingStatusChanged, event)
                if to is None or changed.to in to:
                    yield changed

    @strawberry.subscription(description="SUBSECTION_GRADE_CHANGED.")
    async def subsection_grade_changed(
        self,
        info: Info,
        course_key: CourseKey,
        usage_key: Annotated[
            grading.UsageKey | None,
            strawberry.argument(description="Only this subsection's events."),
        ] = None,
        learner: Learner = None,
        after: After = None,
    ) -> AsyncGenerator[SubsectionGradeChanged, None]:
        kinds = KINDS[GradeEventType.SUBSECTION_GRADE_CHANGED]
        async with aclosing(_events(info, course_key, learner, kinds, after)) as events:
            async for event in events:
                changed = cast(SubsectionGradeChanged, event)
                if usage_key in (None, changed.usage_key):
                    yield changed

    @strawberry.subscription(description="All kinds in one ordered stream.")
    async def grade_events(
        self,
        info: Info,
        course_key: CourseKey,
        types: Annotated[
            list[GradeEventType] | None, strawberry.argument(description="Only these kinds.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[GradeEvent, None]:
        async with aclosing(_events(info, course_key, None, kinds_of(types), after)) as events:
            async for event in events:
                yield event

    @strawberry.subscription(
        description="A job as it is: at once, then whenever it has gone on, at most twice a "
        "second, and for the last time when it has ended."
    )
    async def grade_job_updated(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The job's global id.")],
    ) -> AsyncGenerator[GradeJob, None]:
        async with aclosing(follow_grade_job(info.context, id)) as states:
            async for one in states:
                yield one

    @strawberry.subscription(
        description="The figures of the course's grades: at once, then whenever grades have "
        f"changed them, at most one message each `throttleMs`. {STAFF_ONLY}"
    )
    async def grade_statistics_changed(
        self,
        info: Info,
        course_key: CourseKey,
        filter: Filter = None,
        throttle_ms: Annotated[
            int | None,
            strawberry.argument(description="Milliseconds between messages, 500 to 60000."),
        ] = DEFAULT_THROTTLE_MS,
    ) -> AsyncGenerator[GradeStatistics, None]:
        throttle = DEFAULT_THROTTLE_MS if throttle_ms is None else throttle_ms
        found = follow_statistics(
            info.context, course_key, asked_filter(filter), throttle_ms=throttle
        )
        async with aclosing(found) as all_figures:
            async for one in all_figures:
                yield GradeStatistics.of(one.value, one.counted_at, told_id=one.id)


async def _events(
    info: Info,
    course_key: grading.CourseKey | None,
    learner: LearnerRefInput | None,
    kinds: set[grading.EventKind] | None,
    after: str | None,
    *,
    repeat_status: bool = False,
) -> AsyncGenerator[GradeEvent, None]:
    context = info.context
    course = course_ids = learner_ids = None
    if course_key is not None:
        course = await courses.require_course(context, course_key)
        course_ids = {course.id}
    if learner is not None:
        learner_ids = {(await learners.require_learner(context, learner.ref(), course)).id}
    asked = EventFilter(course_ids, learner_ids, kinds)
    async with aclosing(follow(context, asked, after=after, repeat_status=repeat_status)) as found:
        async for announced in found:
            yield grade_event_of(announced, Course.of)
