"""What-if: scores that are only supposed, and the grade that they would give."""

from typing import TYPE_CHECKING, Self

import strawberry

import grading
from resolvers.breakdown import Breakdown
from resolvers.what_if import SupposedScore
from schema.assignment_type_grade import AssignmentTypeGrade
from schema.percentage import Decimals, percentage_or_nothing
from schema.scalars import GradeFraction

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.input(description="A score that is supposed for a problem or for a subsection.")
class WhatIfScoreInput:
    usage_key: grading.UsageKey = strawberry.field(
        description="A problem, whose points are unweighted as in `recordScores`, or a "
        "subsection, whose graded points they are."
    )
    earned: float = strawberry.field(description="Points earned, 0 or more.")
    possible: float | None = strawberry.field(
        description="Points possible; what it is worth already when not given.", default=None
    )

    def supposed(self) -> SupposedScore:
        """Return the score as the core takes it."""
        return SupposedScore(self.usage_key, self.earned, self.possible)


@strawberry.type(description="The course grade that supposed scores would give. Stored nowhere.")
class CourseGradePreview:
    course: strawberry.Private["Course"]
    breakdown: strawberry.Private[Breakdown]
    percent: GradeFraction | None = strawberry.field(
        description="The rounded course percent; null where all that counts is hidden from the "
        "viewer."
    )
    letter_grade: str | None = strawberry.field(
        description="From the cutoffs; null when none is reached, or `percent` is null."
    )
    passed: bool = strawberry.field(
        description="Whether the lowest cutoff above zero is reached; false when there is none, "
        "or `percent` is null."
    )

    @classmethod
    def of(cls, breakdown: Breakdown, course: "Course") -> Self:
        value = breakdown.computation
        letter_grade, passed = value.verdict
        return cls(
            course=course,
            breakdown=breakdown,
            percent=None if value.concealed else GradeFraction(value.percent),
            letter_grade=letter_grade,
            passed=passed,
        )

    @strawberry.field(description="`percent` as text for people: `83%`; null where that is null.")
    def display_percent(self, decimals: Decimals = 0) -> str | None:
        return percentage_or_nothing(self.percent, decimals or 0)

    @strawberry.field(description="What each row of the policy would come to.")
    def assignment_type_grades(self) -> list[AssignmentTypeGrade]:
        return AssignmentTypeGrade.all_of(self.breakdown, self.course)
