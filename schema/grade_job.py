"""Jobs: work on a whole class, how far it is, and what could not be done."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from resolvers import grade_exports, grade_imports, grade_jobs, learners
from schema.global_id import global_id
from schema.imported_line import ImportedLine, ImportedLineConnection, ImportedLineEdge
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
    IMPORT = strawberry.enum_value("IMPORT", description="Sets overrides from a file.")
    EXPORT = strawberry.enum_value("EXPORT", description="Makes a file of grades.")


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
    row: int | None = strawberry.field(
        description="Of an import, the line's number in the file, the header's being 1."
    )

    @classmethod
    def of(cls, value: grade_jobs.JobError) -> Self:
        code = GradeErrorCode[value.code]
        return cls(value=value, code=code, message=value.message, row=value.line)

    @strawberry.field(
        description="Whose part it was; null for a line that names nobody in the course."
    )
    async def learner(self, info: Info) -> User | None:
        if self.value.learner_id is None:
            return None
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
    total: int | None = strawberry.field(
        description="How many learners, or lines of a file, it is for."
    )
    processed: int = strawberry.field(description="Learners or lines done with, failures included.")
    saved: int = strawberry.field(
        description="Learners whose course grade is another now; of an import, lines that changed "
        "a grade, or in a dry run would."
    )
    failed: int = strawberry.field(description="Learners or lines with a failure instead.")
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

    @strawberry.field(
        description="Of an export, the path of its file on this server; null while it is made, "
        "when it has expired, and for who may not see all that it tells."
    )
    async def download_url(self, info: Info) -> str | None:
        return await grade_exports.read_download(info.context, self.value)

    @strawberry.field(
        description="Of an import, its lines and what became of each; null for other jobs. They "
        "are kept for 30 days."
    )
    async def imported_lines(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, at most 100.")] = 50,
        after: Annotated[
            str | None, strawberry.argument(description="A cursor: what follows it.")
        ] = None,
    ) -> ImportedLineConnection | None:
        if self.kind is not GradeJobKind.IMPORT:
            return None
        found, more = await grade_imports.read_lines(
            info.context,
            self.course.stored,
            self.value,
            first=first,
            after=parse_error_cursor(after, self.value.id),
        )
        edges = [
            ImportedLineEdge(cursor=error_cursor(self.value.id, one.id), node=ImportedLine.of(one))
            for one in found
        ]
        return ImportedLineConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=_page_info([edge.cursor for edge in edges], more=more, after=after),
            total_count=self.value.total,
        )

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
            page_info=_page_info([edge.cursor for edge in edges], more=more, after=after),
            total_count=self.value.failed,
        )


def _page_info(cursors: list[str], *, more: bool, after: str | None) -> PageInfo:
    return PageInfo(
        has_next_page=more,
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
