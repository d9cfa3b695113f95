"""Explanations: how a course grade came about, in the numbers of its own computation."""

from enum import Enum
from typing import TYPE_CHECKING, Self

import strawberry

import grading
from schema.policy import AssignmentType, GradeCutoff
from schema.scalars import GradeFraction

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.enum(description="Which era of Open edX's rounding a course is graded by.")
class GradingAlgorithm(Enum):
    EDX_2022 = strawberry.enum_value(
        "EDX_2022", description="Subsection percents keep 2 decimals of the fraction."
    )
    EDX_2024 = strawberry.enum_value(
        "EDX_2024",
        description="Subsection percents keep 4 decimals of the fraction (edx-platform, PR 27788).",
    )


@strawberry.type(description="One subsection or placeholder of an assignment type.")
class ExplainedEntry:
    usage_key: grading.UsageKey | None = strawberry.field(
        description="The subsection; null for a placeholder."
    )
    label: str = strawberry.field(description="Open edX's label, e.g. `HW 03`.")
    detail: str = strawberry.field(
        description="Open edX's text, e.g. `Homework 3 - Heat - 83.33% (5/6)`."
    )
    percent: GradeFraction | None = strawberry.field(
        description="The subsection's percent, rounded as the algorithm says; null where it counts "
        "and is hidden from the viewer."
    )
    placeholder: bool = strawberry.field(
        description="A zero for an expected assignment that the course does not have yet."
    )
    dropped: bool = strawberry.field(
        description="Left out by the drop rule; false where hidden from the viewer."
    )
    overridden: bool = strawberry.field(
        description="Whether staff have put these points in the place of computed ones; false "
        "where hidden from the viewer."
    )

    @classmethod
    def of(cls, entry: grading.ExplainedEntry) -> Self:
        return cls(
            usage_key=entry.usage_key,
            label=entry.label,
            detail=entry.detail,
            percent=None if entry.percent is None else GradeFraction(entry.percent),
            placeholder=entry.usage_key is None,
            dropped=entry.dropped,
            overridden=entry.overridden,
        )


@strawberry.type(description="What one row of the grading policy comes to, and from what.")
class ExplainedAssignmentType:
    assignment_type: AssignmentType = strawberry.field(description="The row of the policy.")
    entries: list[ExplainedEntry] = strawberry.field(
        description="Its subsections and placeholders, in course order."
    )
    average: float | None = strawberry.field(
        description="The mean of what is not dropped, unrounded; null where all of it is hidden "
        "from the viewer."
    )
    contribution: float | None = strawberry.field(
        description="`average` x weight, unrounded, with its share of the weight of types that "
        "are hidden from the viewer; null where this one is."
    )
    text: str = strawberry.field(description="The same in one sentence.")

    @classmethod
    def of(cls, explained: grading.AssignmentTypeExplanation, course: "Course") -> Self:
        grade = explained.grade
        return cls(
            assignment_type=AssignmentType.of(grade.assignment_type, course),
            entries=[ExplainedEntry.of(entry) for entry in explained.entries],
            average=None if grade.concealed else grade.percent,
            contribution=None if grade.concealed else grade.weighted_percent,
            text=explained.text,
        )


@strawberry.type(description="The way from points to percent, letter and pass.")
class GradeExplanation:
    algorithm: GradingAlgorithm = strawberry.field(description="The rounding that was used.")
    assignment_types: list[ExplainedAssignmentType] = strawberry.field(
        description="What each row of the policy comes to, in policy order."
    )
    sum_text: str = strawberry.field(description="The contributions added up.")
    unrounded_percent: float | None = strawberry.field(
        description="The sum of the contributions, as a fraction of one, unrounded; null where "
        "all that counts is hidden from the viewer."
    )
    rounding_text: str = strawberry.field(
        description="The one rounding of the course percent: to whole percents, after adding "
        "0.05 percent (Open edX, TNL-6972)."
    )
    percent: GradeFraction | None = strawberry.field(
        description="The rounded course percent; null where all that counts is hidden from the "
        "viewer."
    )
    cutoff: GradeCutoff | None = strawberry.field(
        description="The cutoff that the percent reaches; null below every cutoff."
    )
    verdict_text: str = strawberry.field(description="Letter and pass in one sentence.")

    @classmethod
    def of(cls, explanation: grading.Explanation, course: "Course") -> Self:
        cutoff = explanation.cutoff
        return cls(
            algorithm=GradingAlgorithm[explanation.algorithm.name],
            assignment_types=[
                ExplainedAssignmentType.of(one, course) for one in explanation.assignment_types
            ],
            sum_text=explanation.sum_text,
            unrounded_percent=explanation.unrounded,
            rounding_text=explanation.rounding_text,
            percent=None if explanation.percent is None else GradeFraction(explanation.percent),
            cutoff=None if cutoff is None else GradeCutoff.of(cutoff),
            verdict_text=explanation.verdict_text,
        )
