"""Grade events: what happened to a grade, when, why, and by whom."""

from collections.abc import Callable, Collection
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self

import strawberry

import grading
from resolvers import learners
from resolvers.courses import StoredCourse
from resolvers.grade_events import EventPage
from resolvers.grade_events import GradeEvent as Announced
from resolvers.live_feed import Place
from schema.global_id import global_id
from schema.info import Info
from schema.learner import User
from schema.page_info import PageInfo
from schema.passing_status import PassingStatus
from schema.scalars import GradeFraction
from schema.score import Score
from schema.subsection_grade import SubsectionGrade

if TYPE_CHECKING:
    from schema.course import Course
    from schema.course_grade import CourseGrade

LazyCourse = Annotated["Course", strawberry.lazy("schema.course")]
LazyCourseGrade = Annotated["CourseGrade", strawberry.lazy("schema.course_grade")]


@strawberry.enum(description="The kinds of grade events.")
class GradeEventType(Enum):
    COURSE_GRADE_CHANGED = strawberry.enum_value(
        "COURSE_GRADE_CHANGED", description="A course grade has another value."
    )
    PASSING_STATUS_CHANGED = strawberry.enum_value(
        "PASSING_STATUS_CHANGED",
        description="COURSE_GRADE_NOW_PASSED or COURSE_GRADE_NOW_FAILED, as a transition.",
    )
    SUBSECTION_GRADE_CHANGED = strawberry.enum_value(
        "SUBSECTION_GRADE_CHANGED", description="A subsection's grade has another value."
    )


KINDS = {
    GradeEventType.COURSE_GRADE_CHANGED: {grading.EventKind.COURSE_GRADE_CHANGED},
    GradeEventType.PASSING_STATUS_CHANGED: {
        grading.EventKind.COURSE_GRADE_NOW_PASSED,
        grading.EventKind.COURSE_GRADE_NOW_FAILED,
    },
    GradeEventType.SUBSECTION_GRADE_CHANGED: {grading.EventKind.SUBSECTION_GRADE_CHANGED},
}


@strawberry.enum(description="What made a grade change.")
class GradeChangeCause(Enum):
    SCORE_RECORDED = strawberry.enum_value(
        "SCORE_RECORDED", description="A problem score was recorded or cleared."
    )
    OVERRIDE_SET = strawberry.enum_value(
        "OVERRIDE_SET", description="Staff put other points in the place of computed ones."
    )
    OVERRIDE_REMOVED = strawberry.enum_value(
        "OVERRIDE_REMOVED", description="Staff took an override away."
    )
    GRADE_UPDATED = strawberry.enum_value(
        "GRADE_UPDATED", description="Somebody asked for the grade to be recomputed."
    )
    GRADING_POLICY_CHANGED = strawberry.enum_value(
        "GRADING_POLICY_CHANGED", description="The grading policy was replaced."
    )
    COURSE_CONTENT_CHANGED = strawberry.enum_value(
        "COURSE_CONTENT_CHANGED", description="Another version of the course was published."
    )
    BULK_IMPORT = strawberry.enum_value(
        "BULK_IMPORT", description="Scores were imported from a file."
    )


@strawberry.interface(description="Something that happened to a grade.")
class GradeEvent:
    announced: strawberry.Private[Announced]
    id: strawberry.ID = strawberry.field(description="Unique and stable: deduplicate on it.")
    cursor: str = strawberry.field(
        description="Pass the last one seen as `after` to go on from here."
    )
    occurred_at: datetime = strawberry.field(description="When it was committed, roughly.")
    course: LazyCourse = strawberry.field(description="The course.")
    cause: GradeChangeCause = strawberry.field(description="What made the grade change.")
    correlation_id: strawberry.ID = strawberry.field(
        description="The same for all events of one request or job."
    )

    @strawberry.field(description="The learner whose grade it is.")
    async def learner(self, info: Info) -> User:
        learner_id = self.announced.logged.change.learner_id
        return User.of(await learners.read_learner(info.context, learner_id))

    @strawberry.field(description="Who caused it; null for the system, or for somebody unknown.")
    async def actor(self, info: Info) -> User | None:
        name = self.announced.logged.origin.actor
        found = await learners.find_actor(info.context, name, self.announced.course.key)
        return None if found is None else User.of(found)

    @property
    def told_id(self) -> str:
        """What tells one event from another."""
        return self.id

    @property
    def place(self) -> Place:
        """Where it stands in the log."""
        return self.announced.logged.place

    async def present_grade(self, info: Info) -> "CourseGrade":
        """Return the learner's grade as it is now."""
        return await self.course.read_grade(info, self.announced.logged.change.learner_id)


@strawberry.type(description="A course grade as it was at one moment.")
class CourseGradeSnapshot:
    percent: GradeFraction = strawberry.field(description="The rounded course percent.")
    letter_grade: str | None = strawberry.field(description="The letter; null for none.")
    passed: bool = strawberry.field(description="Whether it passed.")
    passing_status: PassingStatus = strawberry.field(description="Where the learner stood.")

    @classmethod
    def of(cls, value: grading.CourseGradeSnapshot) -> Self:
        return cls(
            percent=GradeFraction(value.percent),
            letter_grade=value.letter_grade,
            passed=value.passed,
            passing_status=PassingStatus[value.passing_status.name],
        )


@strawberry.type(description="COURSE_GRADE_CHANGED: a course grade has another value.")
class CourseGradeChanged(GradeEvent):
    before: CourseGradeSnapshot | None = strawberry.field(description="Null the first time.")
    after: CourseGradeSnapshot = strawberry.field(description="The grade after this change.")
    deadline: datetime | None = strawberry.field(
        description="The course end, as in Open edX's signal."
    )

    @strawberry.field(description="The grade as it is now; may be newer than `after`.")
    async def course_grade(self, info: Info) -> LazyCourseGrade:
        return await self.present_grade(info)


@strawberry.type(
    description="COURSE_GRADE_NOW_PASSED or COURSE_GRADE_NOW_FAILED: a learner stands elsewhere "
    "than before. The first computed grade counts as a change."
)
class PassingStatusChanged(GradeEvent):
    from_: PassingStatus = strawberry.field(name="from", description="Where the learner stood.")
    to: PassingStatus = strawberry.field(description="Where the learner stands.")
    first_time_passed: bool = strawberry.field(
        description="Edge, not state: true once in a learner's life in this course."
    )

    @strawberry.field(description="The grade as it is now.")
    async def course_grade(self, info: Info) -> LazyCourseGrade:
        return await self.present_grade(info)


@strawberry.type(description="SUBSECTION_GRADE_CHANGED: a subsection's grade has another value.")
class SubsectionGradeChanged(GradeEvent):
    usage_key: grading.UsageKey = strawberry.field(description="The subsection's usage key.")
    before: Score | None = strawberry.field(description="Null the first time.")
    after: Score = strawberry.field(description="The graded score after this change.")

    @strawberry.field(
        description="The subsection's grade as it is now; null when the course no longer has it."
    )
    async def subsection_grade(self, info: Info) -> SubsectionGrade | None:
        grade = await self.present_grade(info)
        return await grade.read_subsection_grade(info, self.usage_key)


def kinds_of(types: Collection[GradeEventType] | None) -> set[grading.EventKind] | None:
    """Return the kinds of events that clients' types stand for, None for all."""
    return None if types is None else {kind for one in types for kind in KINDS[one]}


@lru_cache(maxsize=1_000)
def grade_event_of(
    announced: Announced, course_of: Callable[[StoredCourse], "Course"]
) -> GradeEvent:
    """Wrap an event in the type of its kind, and its course with ``course_of``.

    Those who are told the same object get the same object.
    """
    logged = announced.logged
    common: dict[str, Any] = {
        "announced": announced,
        "id": global_id("GradeEvent", logged.id),
        "cursor": announced.cursor,
        "occurred_at": logged.occurred_at,
        "course": course_of(announced.course),
        "cause": GradeChangeCause[logged.origin.cause.name],
        "correlation_id": strawberry.ID(logged.origin.correlation_id),
    }
    match logged.change:
        case grading.CourseGradeChanged() as change:
            return CourseGradeChanged(
                **common,
                before=None if change.before is None else CourseGradeSnapshot.of(change.before),
                after=CourseGradeSnapshot.of(change.after),
                deadline=announced.course.content.structure.end,
            )
        case grading.PassingStatusChanged() as change:
            return PassingStatusChanged(
                **common,
                from_=PassingStatus[change.before.name],
                to=PassingStatus[change.after.name],
                first_time_passed=change.first_time_passed,
            )
        case grading.SubsectionGradeChanged() as change:
            algorithm = announced.course.content.algorithm
            return SubsectionGradeChanged(
                **common,
                usage_key=change.usage_key,
                before=None if change.before is None else Score.of(change.before, algorithm),
                after=Score.of(change.after, algorithm),
            )


@strawberry.type(description="An event with its place.")
class GradeEventEdge:
    cursor: str = strawberry.field(description="The event's place, for `after`.")
    node: GradeEvent = strawberry.field(description="The event.")


@strawberry.type(description="A page of events.")
class GradeEventConnection:
    edges: list[GradeEventEdge] = strawberry.field(description="The events with their places.")
    nodes: list[GradeEvent] = strawberry.field(description="The events.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @classmethod
    def of(
        cls,
        page: EventPage,
        course_of: Callable[[StoredCourse], "Course"],
        *,
        after: str | None,
        end: str | None = None,
    ) -> Self:
        """Wrap a page; ``end`` is where to go on from a page that is empty."""
        nodes = [grade_event_of(one, course_of) for one in page.events]
        return cls(
            edges=[
                GradeEventEdge(cursor=cursor, node=node)
                for cursor, node in zip(page.cursors, nodes, strict=True)
            ],
            nodes=nodes,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=after is not None,
                start_cursor=page.cursors[0] if nodes else None,
                end_cursor=page.end or end,
            ),
        )
