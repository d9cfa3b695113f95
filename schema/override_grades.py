"""``overrideSubsectionGrade`` and its undoing: other points in the place of computed ones."""

from typing import Self

import strawberry

import grading
from resolvers import courses, overrides
from resolvers.context import Context
from resolvers.overrides import Overridden, OverrideRequest, OverrideValues
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.grade_event import GradeEvent
from schema.info import Info
from schema.learner import LearnerRefInput
from schema.override import OverrideSystem
from schema.request_key import DESCRIPTION as KEY
from schema.request_key import request_key
from schema.subsection_grade import SubsectionGrade
from schema.update_grades import events_of_change
from schema.user_error import UserError, user_error_of

REASON = "Why, at most 300 characters; it stays in the history."
IF_VERSION = (
    "The `version` of the subsection grade that you have seen, `0` for none stored: "
    "VERSION_CONFLICT when the stored one is another by now."
)


@strawberry.input(
    description="Points to count instead of the computed ones, each from 0 to 10^12. What is not "
    "given follows the learner's own work, now and later."
)
class OverrideValuesInput:
    earned_graded: float = strawberry.field(description="Graded points earned.")
    possible_graded: float | None = strawberry.field(
        default=None, description="Graded points possible. Default: the computed ones."
    )
    earned_all: float | None = strawberry.field(
        default=None,
        description="Points earned over graded and ungraded problems. Default: the computed ones.",
    )
    possible_all: float | None = strawberry.field(
        default=None,
        description="Points possible over graded and ungraded problems. Default: the computed "
        "ones.",
    )

    def values(self) -> OverrideValues:
        """Return the points."""
        return OverrideValues(
            self.earned_graded, self.possible_graded, self.earned_all, self.possible_all
        )


@strawberry.input(description="Which subsection grade to override, and how.")
class OverrideSubsectionGradeInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    learner: LearnerRefInput = strawberry.field(description="Whose grade.")
    usage_key: grading.UsageKey = strawberry.field(description="The subsection.")
    values: OverrideValuesInput = strawberry.field(description="The points that are to count.")
    reason: str | None = strawberry.field(default=None, description=REASON)
    system: OverrideSystem | None = strawberry.field(
        default=OverrideSystem.GRADEBOOK, description="Which part of the platform asks for it."
    )
    allow_above_possible: bool | None = strawberry.field(
        default=False, description="Let `earned` go above `possible` (extra credit)."
    )
    if_version: str | None = strawberry.field(default=None, description=IF_VERSION)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which override to remove.")
class RemoveSubsectionGradeOverrideInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    learner: LearnerRefInput = strawberry.field(description="Whose grade.")
    usage_key: grading.UsageKey = strawberry.field(description="The subsection.")
    reason: str | None = strawberry.field(default=None, description=REASON)
    if_version: str | None = strawberry.field(default=None, description=IF_VERSION)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The grades after an override was set or removed.")
class OverrideSubsectionGradePayload:
    correlation_id: strawberry.Private[str | None]
    subsection_grade: SubsectionGrade | None = strawberry.field(
        description="The subsection's grade; null where `userErrors` say why nothing was done."
    )
    course_grade: CourseGrade | None = strawberry.field(
        description="The course grade that follows from it."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done.")

    @classmethod
    def refused(cls, error: grading.GradingError, course: Course | None) -> Self:
        return cls(
            correlation_id=None,
            subsection_grade=None,
            course_grade=None,
            user_errors=[user_error_of(error, course=course)],
        )

    @strawberry.field(description="What was announced; empty when nothing changed.")
    async def events(self, info: Info) -> list[GradeEvent]:
        return await events_of_change(info, self.course_grade, self.correlation_id)


async def override(
    context: Context, input: OverrideSubsectionGradeInput
) -> OverrideSubsectionGradePayload:
    """Set or replace an override."""
    system = input.system or OverrideSystem.GRADEBOOK
    request = OverrideRequest(
        input.learner.ref_or_refusal(),
        input.usage_key,
        input.values.values(),
        grading.OverrideSystem[system.name],
        input.reason,
        bool(input.allow_above_possible),
        input.if_version,
    )
    return await _change(context, "overrideSubsectionGrade", input, request)


async def remove(
    context: Context, input: RemoveSubsectionGradeOverrideInput
) -> OverrideSubsectionGradePayload:
    """Remove an override."""
    request = OverrideRequest(
        input.learner.ref_or_refusal(),
        input.usage_key,
        None,
        reason=input.reason,
        if_version=input.if_version,
    )
    return await _change(context, "removeSubsectionGradeOverride", input, request)


async def _change(
    context: Context,
    mutation: str,
    input: OverrideSubsectionGradeInput | RemoveSubsectionGradeOverrideInput,
    request: OverrideRequest,
) -> OverrideSubsectionGradePayload:
    course: Course | None = None
    try:
        key = request_key(mutation, input)
        stored = await courses.require_course(context, input.course_key)
        course = Course.of(stored)
        made = await overrides.change_override(context, stored, request, key=key)
    except grading.GradingError as error:
        return OverrideSubsectionGradePayload.refused(error, course)
    subsection_grade, course_grade = grades_after(made.outcome, course)
    return OverrideSubsectionGradePayload(
        correlation_id=made.correlation_id,
        subsection_grade=subsection_grade,
        course_grade=course_grade,
        user_errors=[],
    )


def grades_after(outcome: Overridden, course: Course) -> tuple[SubsectionGrade, CourseGrade]:
    """Wrap the grades after a change, all of whose parts are at hand."""
    course_grade = CourseGrade.of(outcome.course_grade, course, outcome.breakdown)
    return SubsectionGrade.of(outcome.usage_key, outcome.breakdown, course), course_grade
