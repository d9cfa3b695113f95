"""Jobs: work on a whole class, how far it is, and what could not be done."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from resolvers import grade_jobs, learners
from schema.global_id import global_id
from schema.info import Info
from schema.job_cursor import error_cursor, parse_error_cursor
from schema.learner import User
from schema.node import Node
from schema.page_info import PageInfo
from schema.user_error import GradeErrorCode

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.enum(description="What a job does.")
class GradeJobKind(Enum):
    REGRADE = strawberry.enum_value("REGRADE", description="Computes grades anew.")


@strawberry.enum(description="How far a job is.")
class GradeJobState(Enum):
    QUEUED = strawberry.enum_value("QUEUED", description="Nobody has begun it yet.")
    RUNNING = strawberry.enum_value("RUNNING", description="It is being done.")
    COMPLETED = strawberry.enum_value("COMPLETED", description="Everything is done.")
    COMPLETED_WITH_ERRORS = strawberry.enum_value(
        "COMPLETED_WITH_ERRORS",
        description="Everything that could be done is done; `errors` says what could not.",
    )
    CANCELLED = strawberry.enum_value(
        "CANCELLED", description="It was ended early; what was done before stays."
    )


@strawberry.type(description="Why one learner's part of a job was not done.")
class GradeJobError:
    value: strawberry.Private[grade_jobs.JobError]
    code: GradeErrorCode = strawberry.field(description="The kind of failure.")
    message: str = strawberry.field(description="For people, in English.")

    @classmethod
    def of(cls, value: grade_jobs.JobError) -> Self:
        return cls(value=value, code=GradeErrorCode[value.code], message=value.message)

    @strawberry.field(description="Whose part it was.")
    async def learner(self, info: Info) -> User | None:
        return User.of(await learners.read_learner(info.context, self.value.learner_id))


@strawberry.type(description="A failure with its place.")
class GradeJobErrorEdge:
    cursor: str = strawberry.field(description="The failure's place, for `after`.")
    node: GradeJobError = strawberry.field(description="The failure.")


@strawberry.type(description="A page of what could not be done in a job.")
class GradeJobErrorConnection:
    edges: list[GradeJobErrorEdge] = strawberry.field(description="The failures, with places.")
    nodes: list[GradeJobError] = strawberry.field(description="The failures.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="All failures so far.")


@strawberry.type(
    description="Work on the grades of a course that outlives the request, done in pieces by "
    "whichever process is free."
)
class GradeJob(Node):
    value: strawberry.Private[grade_jobs.GradeJob]
    course: Annotated["Course", strawberry.lazy("schema.course")] = strawberry.field(
        description="The course."
    )
    kind: GradeJobKind = strawberry.field(description="What it does.")
    state: GradeJobState = strawberry.field(description="How far it is.")
    total: int | None = strawberry.field(description="How many learners it is for.")
    processed: int = strawberry.field(description="Learners done with, failures included.")
    saved: int = strawberry.field(description="Learners whose course grade is another now.")
    failed: int = strawberry.field(description="Learners with a failure instead of a grade.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    finished_at: datetime | None = strawberry.field(
        description="When it ended; null while it has not."
    )

    @classmethod
    def of(cls, value: grade_jobs.GradeJob, course: "Course") -> Self:
        return cls(
            id=global_id("GradeJob", value.id),
            value=value,
            course=course,
            kind=GradeJobKind[value.kind.name],
            state=GradeJobState[value.state.name],
            total=value.total,
            processed=value.processed,
            saved=value.saved,
            failed=value.failed,
            created_at=value.created_at,
            finished_at=value.finished_at,
        )

    @property
    def told_id(self) -> str:
        """What tells one state of the job from another."""
        return f"{self.id}:{self.state.name}:{self.processed}"

    @strawberry.field(description="Who asked for it; null for the system, or somebody unknown.")
    async def created_by(self, info: Info) -> User | None:
        found = await learners.find_actor(info.context, self.value.actor, self.course.course_key)
        return None if found is None else User.of(found)

    @strawberry.field(description="What could not be done, in the order in which it was found.")
    async def errors(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, at most 100.")] = 50,
        after: Annotated[
            str | None, strawberry.argument(description="A cursor: what follows it.")
        ] = None,
    ) -> GradeJobErrorConnection:
        found, more = await grade_jobs.read_errors(
            info.context,
            self.course.stored,
            self.value,
            first=first,
            after=parse_error_cursor(after, self.value.id),
        )
        edges = [
            GradeJobErrorEdge(
                cursor=error_cursor(self.value.id, one.id), node=GradeJobError.of(one)
            )
            for one in found
        ]
        return GradeJobErrorConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                has_next_page=more,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            total_count=self.value.failed,
        )
