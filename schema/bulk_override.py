"""``bulkOverrideSubsectionGrades``: many overrides at once, with a result for each."""

from enum import Enum
from typing import Self

import strawberry

import grading
from resolvers import courses, overrides
from resolvers.context import Context
from resolvers.overrides import OverrideOutcome, OverrideRequest
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.learner import LearnerRefInput
from schema.override_grades import IF_VERSION, REASON, OverrideValuesInput, grades_after
from schema.request_key import DESCRIPTION as KEY
from schema.request_key import request_key
from schema.subsection_grade import SubsectionGrade
from schema.user_error import InputError, UserError, user_error_of


@strawberry.enum(description="What becomes of a request some of whose items are refused.")
class ErrorPolicy(Enum):
    REJECT_FAILED_ITEMS = strawberry.enum_value(
        "REJECT_FAILED_ITEMS", description="Do what can be done (Open edX's behaviour)."
    )
    REJECT_EVERYTHING = strawberry.enum_value("REJECT_EVERYTHING", description="All or nothing.")


@strawberry.input(description="One override to set, replace or remove.")
class OverrideItemInput:
    learner: LearnerRefInput = strawberry.field(description="Whose grade.")
    usage_key: grading.UsageKey = strawberry.field(description="The subsection.")
    values: OverrideValuesInput | None = strawberry.field(
        default=None,
        description="The points that are to count, never more than possible; null removes the "
        "override.",
    )
    reason: str | None = strawberry.field(default=None, description=REASON)
    if_version: str | None = strawberry.field(default=None, description=IF_VERSION)

    def request(self) -> OverrideRequest:
        """Return what is asked for."""
        return OverrideRequest(
            self.learner.ref_or_refusal(),
            self.usage_key,
            None if self.values is None else self.values.values(),
            reason=self.reason,
            if_version=self.if_version,
        )


@strawberry.input(description="Overrides in one course.")
class BulkOverrideSubsectionGradesInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    items: list[OverrideItemInput] = strawberry.field(
        description="At most 1,000, no two of them for the same learner and subsection."
    )
    error_policy: ErrorPolicy | None = strawberry.field(
        default=ErrorPolicy.REJECT_FAILED_ITEMS,
        description="What becomes of the others when items are refused.",
    )
    dry_run: bool | None = strawberry.field(
        default=False,
        description="Validate and compute, store nothing. The idempotency key is not used up.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="What became of one item.")
class OverrideItemResult:
    index: int = strawberry.field(description="The item's place in the input, from 0.")
    success: bool = strawberry.field(
        description="Whether the grade is now as asked for, or in a dry run would be."
    )
    subsection_grade: SubsectionGrade | None = strawberry.field(
        description="The subsection's grade after all items; in a dry run, as it would be."
    )
    course_grade: CourseGrade | None = strawberry.field(
        description="The course grade after all items; in a dry run, as it would be."
    )
    user_errors: list[UserError] = strawberry.field(description="Why the item was refused.")

    @classmethod
    def of(cls, index: int, outcome: OverrideOutcome, course: Course, *, done: bool) -> Self:
        if isinstance(outcome, grading.GradingError):
            error = user_error_of(outcome, "items", str(index), course=course)
            return cls._without_grades(index, error)
        if not done:
            return cls._without_grades(index)
        subsection_grade, course_grade = grades_after(outcome, course)
        return cls(
            index=index,
            success=True,
            subsection_grade=subsection_grade,
            course_grade=course_grade,
            user_errors=[],
        )

    @classmethod
    def _without_grades(cls, index: int, *errors: UserError) -> Self:
        return cls(
            index=index,
            success=False,
            subsection_grade=None,
            course_grade=None,
            user_errors=list(errors),
        )


@strawberry.type(description="What became of the items.")
class BulkOverrideSubsectionGradesPayload:
    results: list[OverrideItemResult] = strawberry.field(
        description="One for every item, in the order of the input; empty when all are refused "
        "together."
    )
    succeeded_count: int = strawberry.field(description="How many items succeeded.")
    failed_count: int = strawberry.field(description="How many items did not.")
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was done. With REJECT_EVERYTHING it names the first item that "
        "was refused."
    )


async def bulk_override(
    context: Context, input: BulkOverrideSubsectionGradesInput
) -> BulkOverrideSubsectionGradesPayload:
    """Set, replace and remove overrides."""
    everything = input.error_policy is ErrorPolicy.REJECT_EVERYTHING
    try:
        key = request_key("bulkOverrideSubsectionGrades", input)
        stored = await courses.require_course(context, input.course_key)
        made = await overrides.change_overrides(
            context,
            stored,
            [item.request() for item in input.items],
            all_or_nothing=everything,
            dry_run=bool(input.dry_run),
            key=key,
        )
    except grading.GradingError as error:
        return BulkOverrideSubsectionGradesPayload(
            results=[], succeeded_count=0, failed_count=0, user_errors=[user_error_of(error)]
        )
    course = Course.of(stored)
    refused = any(isinstance(one, grading.GradingError) for one in made.outcomes)
    nothing_done = everything and refused
    results = [
        OverrideItemResult.of(at, outcome, course, done=not nothing_done)
        for at, outcome in enumerate(made.outcomes)
    ]
    succeeded = sum(result.success for result in results)
    return BulkOverrideSubsectionGradesPayload(
        results=results,
        succeeded_count=succeeded,
        failed_count=len(results) - succeeded,
        user_errors=_why_nothing_was_done(results) if nothing_done else [],
    )


def _why_nothing_was_done(results: list[OverrideItemResult]) -> list[UserError]:
    (first, *_) = (error for result in results for error in result.user_errors)
    message = f"Nothing was done, because an item was refused: {first.message}"
    return [InputError(code=first.code, message=message, field=first.field)]
