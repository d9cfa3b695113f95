"""The questions that clients can ask."""

import asyncio
from typing import Annotated

import strawberry

import grading
from resolvers import courses, grade_events, learners, webhooks
from resolvers.grade_lookahead import look_ahead
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.grade_event import GradeEventConnection, GradeEventType, kinds_of
from schema.grade_job import GradeJob
from schema.grade_jobs import find_grade_job
from schema.info import Info
from schema.learner import LearnerRefInput, named
from schema.node import Node
from schema.node_lookup import find_node, find_nodes
from schema.viewer import Viewer
from schema.webhook import Webhook

MAX_COURSES = 100

Learner = Annotated[
    LearnerRefInput | None,
    strawberry.argument(description="Whose grade; the viewer's own when not given."),
]


@strawberry.type(description="The questions that clients can ask.")
class Query:
    @strawberry.field(description="Refetch any object by its global id.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The object's id.")],
    ) -> Node | None:
        return await find_node(info, id)

    @strawberry.field(
        description="Refetch objects by their global ids, in order; null for each that the viewer "
        "may not know of."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="The objects' ids, at most 100.")
        ],
    ) -> list[Node | None]:
        return await find_nodes(info, ids)

    @strawberry.field(description="The authenticated caller.")
    def viewer(self) -> Viewer:
        return Viewer()

    @strawberry.field(
        description="A course, or null when it does not exist or the viewer may not know that it "
        "exists."
    )
    async def course(
        self,
        info: Info,
        course_key: Annotated[
            grading.CourseKey, strawberry.argument(description="The course's key.")
        ],
    ) -> Course | None:
        found = await courses.find_course(info.context, course_key)
        return None if found is None else Course.of(found)

    @strawberry.field(
        description="CourseGradeFactory.read: the stored grade, or a zero grade when nothing is "
        "stored (`persisted: false`). Null only when course or learner is unknown to the viewer."
    )
    async def course_grade(
        self,
        info: Info,
        course_key: Annotated[
            grading.CourseKey, strawberry.argument(description="The course's key.")
        ],
        learner: Learner = None,
    ) -> CourseGrade | None:
        await look_ahead(info.context, [course_key], [named(learner)])
        course = await courses.find_course(info.context, course_key)
        if course is None:
            return None
        return await Course.of(course).read_grade_of(info, learner)

    @strawberry.field(
        description="One learner's grades over several courses (learner dashboard), in the order "
        "of the keys; courses that the viewer may not know of are left out."
    )
    async def course_grades(
        self,
        info: Info,
        course_keys: Annotated[
            list[grading.CourseKey],
            strawberry.argument(description="The courses' keys, at most 100."),
        ],
        learner: Learner = None,
    ) -> list[CourseGrade]:
        if len(course_keys) > MAX_COURSES:
            raise grading.TooManyItems(f"{len(course_keys)} courses are more than {MAX_COURSES}.")
        keys = list(dict.fromkeys(course_keys))
        await look_ahead(info.context, keys, [named(learner)])
        known = await courses.find_courses(info.context, keys)
        found = await asyncio.gather(
            *(Course.of(course).read_grade_of(info, learner) for course in known)
        )
        return [grade for grade in found if grade is not None]

    @strawberry.field(
        description="Durable, ordered feed of grade events: what subscriptions push, for catch-up "
        "after a disconnect and for consumers that poll. Keep `pageInfo.endCursor` and pass it as "
        "`after` next time."
    )
    async def grade_events(
        self,
        info: Info,
        course_keys: Annotated[
            list[grading.CourseKey] | None,
            strawberry.argument(description="Only events of these courses, at most 100."),
        ] = None,
        learner: Annotated[
            LearnerRefInput | None,
            strawberry.argument(description="Only this learner's events."),
        ] = None,
        types: Annotated[
            list[GradeEventType] | None, strawberry.argument(description="Only these kinds.")
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many, at most 500.")] = 100,
        after: Annotated[
            str | None, strawberry.argument(description="A cursor: what follows it.")
        ] = None,
    ) -> GradeEventConnection:
        asked = await _asked(info, course_keys, learner, types)
        page = await grade_events.read_page(info.context, asked, first=first, after=after)
        return GradeEventConnection.of(page, Course.of, after=after, end=after)

    @strawberry.field(description="A job; null when there is none that the viewer may know of.")
    async def grade_job(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The job's global id.")],
    ) -> GradeJob | None:
        return await find_grade_job(info.context, id)

    @strawberry.field(
        description="The cursor behind all events that are complete now. Ask for it together with "
        "the state, and pass it as `after` to a subscription: nothing is missed in between. It is "
        "read before everything else in the operation."
    )
    async def grade_events_cursor(self, info: Info) -> str:
        return await grade_events.present_cursor(info.context)

    @strawberry.field(
        description="The webhooks that the viewer may look after, in the order in which they were "
        "registered; at most 100. For global staff, and services with `courses:write` and "
        "`events:read`."
    )
    async def webhooks(self, info: Info) -> list[Webhook]:
        return [Webhook.of(one) for one in await webhooks.list_webhooks(info.context)]


async def _asked(
    info: Info,
    course_keys: list[grading.CourseKey] | None,
    learner: LearnerRefInput | None,
    types: list[GradeEventType] | None,
) -> grade_events.EventFilter:
    course_ids = learner_ids = None
    if course_keys is not None:
        if len(course_keys) > MAX_COURSES:
            raise grading.TooManyItems(f"{len(course_keys)} courses are more than {MAX_COURSES}.")
        known = await courses.find_courses(info.context, course_keys)
        course_ids = {course.id for course in known}
    if learner is not None:
        found = await learners.find_learner(info.context, learner.ref())
        learner_ids = set() if found is None else {found.id}
    return grade_events.EventFilter(course_ids, learner_ids, kinds_of(types))
