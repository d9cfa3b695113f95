"""What each row of the grading policy comes to for one learner."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

import strawberry

import grading
from resolvers.breakdown import Breakdown
from schema.percentage import Decimals, percentage_or_nothing
from schema.policy import AssignmentType
from schema.scalars import GradeFraction
from schema.subsection_grade import SubsectionGrade
from schema.visibility import HiddenContribution

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.type(description="What one row of the grading policy comes to for one learner.")
class AssignmentTypeGrade:
    course: strawberry.Private["Course"]
    breakdown: strawberry.Private[Breakdown]
    value: strawberry.Private[grading.AssignmentTypeGrade]
    assignment_type: AssignmentType = strawberry.field(description="The row of the policy.")
    percent: GradeFraction | None = strawberry.field(
        description="Average after drops, unrounded. Null where all of it is hidden from the "
        "viewer."
    )
    weighted_percent: GradeFraction | None = strawberry.field(
        description="`percent` x weight: its share of the course grade. The shares add up to the "
        "unrounded course percent. Null where all of it is hidden from the viewer: the other "
        "types then share its weight."
    )
    count: int = strawberry.field(
        description="Subsections that count in `percent`, dropped ones included."
    )
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
            percent=None if value.concealed else GradeFraction(value.percent),
            weighted_percent=None if value.concealed else GradeFraction(value.weighted_percent),
            count=len(value.counted),
            placeholder_count=value.placeholder_count,
        )

    @classmethod
    def all_of(cls, breakdown: Breakdown, course: "Course") -> list[Self]:
        """Wrap what all rows of the policy come to, in policy order."""
        return [
            cls.of(grade, breakdown, course)
            for grade in breakdown.computation.assignment_type_grades
        ]

    @strawberry.field(description="`weightedPercent` as text for people; null where that is null.")
    def display_weighted_percent(self, decimals: Decimals = 2) -> str | None:
        return percentage_or_nothing(self.weighted_percent, 2 if decimals is None else decimals)

    @strawberry.field(
        description="The subsections that the drop rule leaves out, those that are hidden from "
        "the viewer excepted."
    )
    def dropped(self) -> list[SubsectionGrade]:
        keys = (counted.grade.usage_key for counted in self.value.dropped_subsections)
        seen = (key for key in keys if not self.breakdown.view.conceals(key))
        return SubsectionGrade.all_of(seen, self.breakdown, self.course)

    @strawberry.field(
        description="Whether part of this comes from scores that the learner may not see."
    )
    def hidden_contribution(self) -> HiddenContribution:
        hidden = grading.hidden_contribution(
            self.breakdown.course.content,
            self.value.assignment_type.name,
            self.breakdown.learners_view,
        )
        return HiddenContribution[hidden.name]

    @strawberry.field(
        description="When the last hidden score of this type becomes visible to the learner; null "
        "where none will."
    )
    def last_grade_publish_at(self) -> datetime | None:
        return grading.last_publication(
            self.breakdown.course.content,
            self.value.assignment_type.name,
            self.breakdown.learners_view,
        )
