"""Lines of an import, and what became of each."""

from typing import Any, Self

import strawberry

import grading
from resolvers import grade_imports, learners
from schema.info import Info
from schema.learner import User
from schema.page_info import PageInfo
from schema.scalars import GradeFraction
from schema.user_error import GradeErrorCode


@strawberry.type(description="Points of a subsection that a line has changed, or would change.")
class ImportedChange:
    usage_key: grading.UsageKey = strawberry.field(description="The subsection.")
    earned_before: float | None = strawberry.field(
        description="Points that counted; null where there was nothing to grade."
    )
    earned_after: float | None = strawberry.field(
        description="Points that count then; null where nothing is left to grade."
    )
    possible_after: float | None = strawberry.field(description="Of how many points.")

    @classmethod
    def of(cls, usage_key: str, points: list[dict[str, float] | None]) -> Self:
        before, after = points
        return cls(
            usage_key=grading.UsageKey(usage_key),
            earned_before=None if before is None else before["earned"],
            earned_after=None if after is None else after["earned"],
            possible_after=None if after is None else after["possible"],
        )


@strawberry.type(description="A line of an imported file, and what became of it.")
class ImportedLine:
    value: strawberry.Private[grade_imports.ImportedLine]
    row: int = strawberry.field(description="The line's number in the file, the header's being 1.")
    code: GradeErrorCode | None = strawberry.field(
        description="Why it was refused; null where it was not, or waits."
    )
    message: str | None = strawberry.field(description="The same for people, in English.")
    changes: list[ImportedChange] | None = strawberry.field(
        description="What it changed, or in a dry run would change; null while it waits, and "
        "where it was refused."
    )
    percent_before: GradeFraction | None = strawberry.field(
        description="The course percent before; null where there was none."
    )
    percent_after: GradeFraction | None = strawberry.field(description="The course percent then.")

    @classmethod
    def of(cls, value: grade_imports.ImportedLine) -> Self:
        code, message = value.error or (None, None)
        changes: Any = value.changes or {}
        return cls(
            value=value,
            row=value.line,
            code=None if code is None else GradeErrorCode[code],
            message=message,
            changes=None
            if value.changes is None
            else [ImportedChange.of(key, points) for key, points in changes["grades"].items()],
            percent_before=changes.get("before"),
            percent_after=changes.get("after"),
        )

    @strawberry.field(description="Whose line it is; null where it names nobody in the course.")
    async def learner(self, info: Info) -> User | None:
        if self.value.learner_id is None:
            return None
        return User.of(await learners.read_learner(info.context, self.value.learner_id))


@strawberry.type(description="A line with its place.")
class ImportedLineEdge:
    cursor: str = strawberry.field(description="The line's place, for `after`.")
    node: ImportedLine = strawberry.field(description="The line.")


@strawberry.type(description="A page of an import's lines, in file order.")
class ImportedLineConnection:
    edges: list[ImportedLineEdge] = strawberry.field(description="The lines, with places.")
    nodes: list[ImportedLine] = strawberry.field(description="The lines.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="All lines of the file.")
