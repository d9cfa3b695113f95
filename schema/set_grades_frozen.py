"""``setGradesFrozen``: freezing a course's grades by hand, and opening them again."""

import strawberry

import grading
from resolvers import courses, freezing
from resolvers.context import Context
from schema.grades_freeze import GradesFreeze
from schema.user_error import UserError, user_error_of


@strawberry.input(description="Which course's grades to freeze or to open.")
class SetGradesFrozenInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    frozen: bool = strawberry.field(
        description="True refuses every grade write from now on. False opens the grades: until "
        "the date that freezes them, or for good where that has passed."
    )
    reason: str | None = strawberry.field(
        default=None,
        description="Why, in at most 1,000 characters; shown to everybody who knows the course.",
    )


@strawberry.type(description="The freeze as it is now.")
class SetGradesFrozenPayload:
    grades_freeze: GradesFreeze | None = strawberry.field(
        description="The freeze; null where `userErrors` say why nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done.")


async def set_grades_frozen(
    context: Context, input: SetGradesFrozenInput
) -> SetGradesFrozenPayload:
    """Freeze or open a course's grades."""
    try:
        course = await courses.require_course(context, input.course_key)
        changed = await freezing.set_frozen(
            context, course, frozen=input.frozen, reason=input.reason
        )
    except grading.GradingError as error:
        return SetGradesFrozenPayload(grades_freeze=None, user_errors=[user_error_of(error)])
    freeze = freezing.present_freeze(context, changed)
    return SetGradesFrozenPayload(
        grades_freeze=GradesFreeze.of(freeze, context.now()), user_errors=[]
    )
