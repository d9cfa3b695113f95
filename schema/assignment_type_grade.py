"""What each row of the grading policy comes to for one learner."""

from typing import TYPE_CHECKING, Self

import strawberry

import grading
from resolvers.course_grades import Breakdown
from schema.percentage import Decimals, percentage
from schema.policy import AssignmentType
from schema.scalars import GradeFraction
from schema.subsection_grade import SubsectionGrade

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.type(description="What one row of the grading policy comes to for one learner.")
class AssignmentTypeGrade:
    course: strawberry.Private["Course"]
    breakdown: strawberry.Private[Breakdown]
    value: strawberry.Private[grading.AssignmentTypeGrade]
    assignment_type: AssignmentType = strawberry.field(description="The row of the policy.")
    percent: GradeFraction = strawberry.field(description="Average after drops, unrounded.")
    weighted_percent: GradeFraction = strawberry.field(
        description="`percent` x weight: its share of the course grade. The shares add up to the "
        "unrounded course percent."
    )
    count: int = strawberry.field(description="Subsections that count, dropped ones included.")
    placeholder_count: int = strawberry.field(
        description="Zeros filled in because the course has fewer than `minCount`."
    )

    @classmethod
    def of(cls, value: grading.AssignmentTypeGrade, breakdown: Breakdown, course: "Course") -> Self:
        return cls(
            course=course,
            breakdown=breakdown,
            value=value,
            assignment_type=AssignmentType.of(
                value.assignment_type, course.at_version(breakdown.course)
            ),
            percent=GradeFraction(value.percent),
            weighted_percent=GradeFraction(value.weighted_percent),
            count=len(value.counted),
            placeholder_count=value.placeholder_count,
        )

    @strawberry.field(description="`weightedPercent` as text for people.")
    def display_weighted_percent(self, decimals: Decimals = 2) -> str:
        return percentage(self.weighted_percent, 2 if decimals is None else decimals)

    @strawberry.field(description="The subsections that the drop rule leaves out.")
    def dropped(self) -> list[SubsectionGrade]:
        return [
            SubsectionGrade.of(counted.grade.usage_key, self.breakdown, self.course)
            for counted in self.value.dropped_subsections
        ]
