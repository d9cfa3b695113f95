"""Subsection grades: one learner's points in one subsection."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Self

import strawberry

import grading
from resolvers import learners, subsection_grades
from resolvers.course_grades import Breakdown
from schema.global_id import global_id
from schema.info import Info
from schema.learner import User
from schema.node import Node
from schema.percentage import Decimals, percentage
from schema.scalars import GradeFraction
from schema.score import ProblemScore, Score
from schema.structure import Subsection

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.enum(description="A zero is never the same as nothing.")
class SubsectionGradeStatus(Enum):
    NOT_ATTEMPTED = strawberry.enum_value(
        "NOT_ATTEMPTED", description="The learner has done nothing in the subsection."
    )
    ATTEMPTED = strawberry.enum_value(
        "ATTEMPTED", description="At least one problem has, or once had, a score."
    )


@strawberry.type(description="One learner's grade in one subsection.")
class SubsectionGrade(Node):
    breakdown: strawberry.Private[Breakdown]
    value: strawberry.Private[grading.SubsectionGrade]
    subsection: Subsection = strawberry.field(description="The subsection that is graded.")
    attempted: bool = strawberry.field(
        description="Whether any problem was ever attempted, graded or not."
    )
    first_attempted_at: datetime | None = strawberry.field(
        description="When the first problem was first attempted; kept when scores are cleared."
    )
    percent_graded: GradeFraction = strawberry.field(
        description="Graded points earned of possible; 0 where nothing is possible."
    )
    dropped: bool = strawberry.field(description="Left out of the course grade by the drop rule.")
    course_version: str | None = strawberry.field(
        description="The course version that it was computed under; null when not stored."
    )
    last_updated: datetime | None = strawberry.field(
        description="When a value of it last changed; null when not stored."
    )
    version: str = strawberry.field(description="Changes with every value; `0` when not stored.")

    @classmethod
    def of(cls, usage_key: grading.UsageKey, breakdown: Breakdown, course: "Course") -> Self:
        value = breakdown.subsection_grade(usage_key)
        decimals = breakdown.course.content.algorithm.subsection_decimals
        return cls(
            id=global_id(
                "SubsectionGrade",
                breakdown.course.id,
                breakdown.learner_id,
                breakdown.course.block_ids[usage_key],
            ),
            breakdown=breakdown,
            value=value,
            subsection=course.at_version(breakdown.course).subsection_of(usage_key),
            attempted=value.attempted,
            first_attempted_at=value.first_attempted_at,
            percent_graded=GradeFraction(value.graded_total.percent(decimals)),
            dropped=usage_key in breakdown.dropped,
            course_version=value.course_version if value.persisted else None,
            last_updated=value.last_updated,
            version=str(value.version),
        )

    @strawberry.field(description="The learner who is graded.")
    async def learner(self, info: Info) -> User:
        return User.of(await learners.read_learner(info.context, self.breakdown.learner_id))

    @strawberry.field(description="Whether there is anything behind the figures.")
    def status(self) -> SubsectionGradeStatus:
        if self.value.attempted:
            return SubsectionGradeStatus.ATTEMPTED
        return SubsectionGradeStatus.NOT_ATTEMPTED

    @strawberry.field(description="The score over graded problems, which counts in the course.")
    def graded_total(self) -> Score:
        return Score.of(self.value.graded_total, self.breakdown.course.content.algorithm)

    @strawberry.field(description="The score over graded and ungraded problems.")
    def all_total(self) -> Score:
        return Score.of(self.value.all_total, self.breakdown.course.content.algorithm)

    @strawberry.field(description="`percentGraded` as text for people: `83%`, `82.6%`.")
    def display_percent(self, decimals: Decimals = 0) -> str:
        return percentage(self.percent_graded, decimals or 0)

    @strawberry.field(description="Weighted problem scores, in content order.")
    async def problem_scores(self, info: Info) -> list[ProblemScore]:
        course = self.breakdown.course
        scores = await subsection_grades.read_problem_scores(
            info.context, course, self.breakdown.learner_id, self.value.usage_key
        )
        problems = course.content.problems
        return [ProblemScore.of(one, problems[one.usage_key].display_name) for one in scores]
