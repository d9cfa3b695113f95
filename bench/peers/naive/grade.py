"""The grade types: each resolver asks the database for what its field needs."""

from datetime import datetime
from enum import Enum
from typing import NewType, Self

import strawberry

from bench.peers.naive import models

CourseKey = NewType("CourseKey", str)
UsageKey = NewType("UsageKey", str)
GradeFraction = NewType("GradeFraction", float)


@strawberry.enum
class PassingStatus(Enum):
    FAILING = "FAILING"
    PASSING = "PASSING"


@strawberry.type
class User:
    username: str


@strawberry.type
class Score:
    earned: float
    possible: float


@strawberry.type
class Subsection:
    usage_key: UsageKey


@strawberry.type
class SubsectionGrade:
    row: strawberry.Private[models.SubsectionGrade]

    @strawberry.field
    async def subsection(self) -> Subsection:
        block = await self.row.block
        return Subsection(usage_key=UsageKey(block.usage_key))

    @strawberry.field
    def graded_total(self) -> Score:
        row = self.row
        earned, possible = row.override_earned_graded, row.override_possible_graded
        return Score(
            earned=row.earned_graded if earned is None else earned,
            possible=row.possible_graded if possible is None else possible,
        )

    @strawberry.field
    def attempted(self) -> bool:
        return self.row.first_attempted_at is not None

    @strawberry.field
    def percent_graded(self) -> GradeFraction:
        return GradeFraction(self.row.percent_graded)


@strawberry.type
class CourseGrade:
    row: strawberry.Private[models.CourseGrade]
    percent: GradeFraction
    letter_grade: str | None
    passed: bool
    last_updated: datetime
    version: str

    @classmethod
    def of(cls, row: models.CourseGrade) -> Self:
        return cls(
            row=row,
            percent=GradeFraction(row.percent),
            letter_grade=row.letter_grade,
            passed=row.passed,
            last_updated=row.updated_at,
            version=str(row.version),
        )

    @strawberry.field
    def passing_status(self) -> PassingStatus:
        return PassingStatus.PASSING if self.passed else PassingStatus.FAILING

    @strawberry.field
    async def subsection_grades(self) -> list[SubsectionGrade]:
        rows = await models.SubsectionGrade.filter(
            course=self.row.course_id,  # type: ignore[attr-defined]
            learner=self.row.learner_id,  # type: ignore[attr-defined]
        ).order_by("block_id")
        return [SubsectionGrade(row=row) for row in rows]
