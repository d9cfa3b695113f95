"""Grading policies: assignment types, cutoffs, and what is odd about them."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

import grading
from schema.scalars import GradeFraction

if TYPE_CHECKING:
    from schema.course import Course
    from schema.structure import Subsection


@strawberry.type(description="A letter and what earns it.")
class GradeCutoff:
    letter_grade: str = strawberry.field(description="The letter, such as `A` or `Pass`.")
    threshold: GradeFraction = strawberry.field(
        description="The smallest course percent that earns the letter."
    )

    @classmethod
    def of(cls, cutoff: grading.GradeCutoff) -> Self:
        return cls(letter_grade=cutoff.letter_grade, threshold=GradeFraction(cutoff.threshold))


@strawberry.type(description="One row of the grading policy, such as Homework or Final Exam.")
class AssignmentType:
    course: strawberry.Private["Course"]
    name: str = strawberry.field(description="edX `type`, e.g. `Homework`.")
    short_label: str | None = strawberry.field(
        description="The label that columns of this type begin with, e.g. `HW`."
    )
    weight: GradeFraction = strawberry.field(
        description="The share of the course grade; all weights usually add up to 1."
    )
    min_count: int = strawberry.field(
        description="Assignments expected; missing ones count as zero."
    )
    drop_count: int = strawberry.field(description="Lowest scores left out.")

    @classmethod
    def of(cls, kind: grading.AssignmentType, course: "Course") -> Self:
        return cls(
            course=course,
            name=kind.name,
            short_label=kind.short_label,
            weight=GradeFraction(kind.weight),
            min_count=kind.min_count,
            drop_count=kind.drop_count,
        )

    @strawberry.field(description="The graded subsections of this type, in course order.")
    def subsections(
        self,
    ) -> list[Annotated["Subsection", strawberry.lazy("schema.structure")]]:
        return [
            self.course.subsection_of(subsection.usage_key)
            for subsection in self.course.stored.content.graded_subsections_by_type.get(
                self.name, ()
            )
        ]


@strawberry.enum(description="What is odd about a grading policy.")
class GradingPolicyWarningCode(Enum):
    WEIGHTS_DO_NOT_SUM_TO_ONE = strawberry.enum_value(
        "WEIGHTS_DO_NOT_SUM_TO_ONE", description="The weights add up to more or less than 1."
    )
    FEWER_SUBSECTIONS_THAN_MIN_COUNT = strawberry.enum_value(
        "FEWER_SUBSECTIONS_THAN_MIN_COUNT",
        description="The course has fewer subsections of a type than are expected.",
    )
    DROP_COUNT_NOT_BELOW_COUNT = strawberry.enum_value(
        "DROP_COUNT_NOT_BELOW_COUNT", description="All subsections of a type would be dropped."
    )
    GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE = strawberry.enum_value(
        "GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE",
        description="A graded subsection's type is not in the policy: it does not count.",
    )
    ASSIGNMENT_TYPE_WITHOUT_SUBSECTION = strawberry.enum_value(
        "ASSIGNMENT_TYPE_WITHOUT_SUBSECTION",
        description="No graded subsection worth points is of this type.",
    )
    NO_PASSING_CUTOFF = strawberry.enum_value(
        "NO_PASSING_CUTOFF", description="No cutoff is above zero: nobody can pass."
    )


@strawberry.type(description="Something odd but legal in a grading policy.")
class GradingPolicyWarning:
    code: GradingPolicyWarningCode = strawberry.field(description="What is odd.")
    message: str = strawberry.field(description="The oddity in words, with its effect.")
    assignment_type: str | None = strawberry.field(
        description="The assignment type it is about; null for the whole policy."
    )

    @classmethod
    def of(cls, warning: grading.PolicyWarning) -> Self:
        return cls(
            code=GradingPolicyWarningCode[warning.code.name],
            message=warning.message,
            assignment_type=warning.assignment_type,
        )


@strawberry.type(description="How subsection grades become a course grade, a letter and a pass.")
class GradingPolicy:
    course: strawberry.Private["Course"]
    content: strawberry.Private[grading.CourseContent]
    hash: str = strawberry.field(
        description="Stored with every course grade; differs after a policy change."
    )

    @classmethod
    def of(cls, course: "Course") -> Self:
        content = course.stored.content
        return cls(course=course, content=content, hash=content.policy.hash)

    @strawberry.field(description="The rows of the policy, in its own order.")
    def assignment_types(self) -> list[AssignmentType]:
        return [
            AssignmentType.of(kind, self.course) for kind in self.content.policy.assignment_types
        ]

    @strawberry.field(description="The letters and what earns them, highest first.")
    def grade_cutoffs(self) -> list[GradeCutoff]:
        return [GradeCutoff.of(cutoff) for cutoff in self.content.policy.cutoffs]

    @strawberry.field(description="The lowest cutoff above zero; null when nothing can be passed.")
    def passing_threshold(self) -> GradeFraction | None:
        threshold = self.content.policy.passing_threshold
        return None if threshold is None else GradeFraction(threshold)

    @strawberry.field(description="The sum of the weights; usually 1.")
    def weight_sum(self) -> GradeFraction:
        return GradeFraction(self.content.policy.weight_sum)

    @strawberry.field(description="Odd but legal settings, e.g. weights that do not add up to 1.")
    def warnings(self) -> list[GradingPolicyWarning]:
        return [
            GradingPolicyWarning.of(warning) for warning in grading.policy_warnings(self.content)
        ]
