"""Expected failures: what a person can mend, with a code, a message and a place."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

import grading
from schema.info import Info

if TYPE_CHECKING:
    from schema.course import Course
    from schema.course_grade import CourseGrade
    from schema.subsection_grade import SubsectionGrade

LazyCourseGrade = Annotated["CourseGrade", strawberry.lazy("schema.course_grade")]
LazySubsectionGrade = Annotated["SubsectionGrade", strawberry.lazy("schema.subsection_grade")]


@strawberry.enum(description="The kinds of expected failures.")
class GradeErrorCode(Enum):
    COURSE_NOT_FOUND = strawberry.enum_value(
        "COURSE_NOT_FOUND", description="No such course that the viewer may know of."
    )
    LEARNER_NOT_FOUND = strawberry.enum_value(
        "LEARNER_NOT_FOUND", description="No learner of this name, id or key."
    )
    LEARNER_NOT_ENROLLED = strawberry.enum_value(
        "LEARNER_NOT_ENROLLED", description="The learner was never enrolled in the course."
    )
    SUBSECTION_NOT_FOUND = strawberry.enum_value(
        "SUBSECTION_NOT_FOUND", description="No such subsection in the course."
    )
    BLOCK_NOT_FOUND = strawberry.enum_value(
        "BLOCK_NOT_FOUND", description="No such scorable block in the course."
    )
    JOB_NOT_FOUND = strawberry.enum_value(
        "JOB_NOT_FOUND", description="No such job that the viewer may know of."
    )
    EXPORT_NOT_READY = strawberry.enum_value(
        "EXPORT_NOT_READY", description="The file is not complete."
    )
    EXPORT_EXPIRED = strawberry.enum_value(
        "EXPORT_EXPIRED", description="The file is no longer kept."
    )
    FORMAT_UNAVAILABLE = strawberry.enum_value(
        "FORMAT_UNAVAILABLE", description="What the file format needs is not installed."
    )
    INVALID_GRADING_POLICY = strawberry.enum_value(
        "INVALID_GRADING_POLICY",
        description="A policy that cannot grade anything; the message names all its faults.",
    )
    OVERRIDE_NOT_FOUND = strawberry.enum_value(
        "OVERRIDE_NOT_FOUND", description="There is no override to remove."
    )
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The viewer may not do this.")
    GRADES_FROZEN = strawberry.enum_value(
        "GRADES_FROZEN", description="The grades of the course no longer change."
    )
    VERSION_CONFLICT = strawberry.enum_value(
        "VERSION_CONFLICT",
        description="Somebody else wrote first: the grade is not of the version expected.",
    )
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED",
        description="Another request was sent under this idempotency key.",
    )
    SCORE_OUT_OF_RANGE = strawberry.enum_value(
        "SCORE_OUT_OF_RANGE",
        description="A score below its minimum, above its maximum, or no number.",
    )
    SCORE_OUTDATED = strawberry.enum_value(
        "SCORE_OUTDATED", description="The score is older than the stored one."
    )
    DUPLICATE_ITEM = strawberry.enum_value(
        "DUPLICATE_ITEM", description="The same thing twice in one request."
    )
    WEBHOOK_NOT_FOUND = strawberry.enum_value(
        "WEBHOOK_NOT_FOUND", description="No such webhook that the viewer may look after."
    )
    INVALID_INPUT = strawberry.enum_value(
        "INVALID_INPUT", description="An argument that can never be accepted."
    )
    TOO_MANY_ITEMS = strawberry.enum_value(
        "TOO_MANY_ITEMS", description="A list longer than one request may be."
    )
    COMPUTATION_FAILED = strawberry.enum_value(
        "COMPUTATION_FAILED",
        description="The grade could not be computed; the server's log says why.",
    )


@strawberry.interface(
    description="An expected failure that a person can mend. Unexpected ones (no token, syntax, "
    "limits, bugs) are in the response's top-level `errors`, with `extensions.code`."
)
class UserError:
    code: GradeErrorCode = strawberry.field(description="The kind of failure.")
    message: str = strawberry.field(
        description="For people, in English; build your own text from `code`."
    )
    field: list[str] | None = strawberry.field(
        description='Path into `input`, e.g. `["items", "3", "earnedGraded"]`; null when not '
        "about one field."
    )


@strawberry.type(description="An expected failure without particulars.")
class InputError(UserError):
    pass


@strawberry.type(description="The grades of the course no longer change.")
class GradesFrozenError(UserError):
    frozen_since: datetime = strawberry.field(description="Since when.")


@strawberry.type(description="A score outside its range.")
class ScoreOutOfRangeError(UserError):
    minimum: float = strawberry.field(description="The smallest score that is accepted.")
    maximum: float | None = strawberry.field(
        description="The largest score that is accepted; null for any."
    )


@strawberry.type(
    description="Somebody else wrote first: show what is there now, and ask the person again."
)
class VersionConflictError(UserError):
    course: strawberry.Private["Course"]
    learner_id: strawberry.Private[grading.LearnerId]
    usage_key: strawberry.Private[grading.UsageKey | None]
    current_version: str = strawberry.field(
        description="The version that the grade had instead of the one expected; `0` for none "
        "stored."
    )

    @strawberry.field(description="The learner's course grade as it is now.")
    async def current_course_grade(self, info: Info) -> LazyCourseGrade | None:
        return await self.course.read_grade(info, self.learner_id)

    @strawberry.field(
        description="The subsection's grade as it is now; null where the conflict is about the "
        "course grade."
    )
    async def current_subsection_grade(self, info: Info) -> LazySubsectionGrade | None:
        if self.usage_key is None:
            return None
        grade = await self.course.read_grade(info, self.learner_id)
        return await grade.read_subsection_grade(info, self.usage_key)


def user_error_of(
    error: grading.GradingError, *place: str, course: "Course | None" = None
) -> UserError:
    """Return a refusal as clients see it; ``place`` leads to what ``error.field`` begins at.

    Of a version conflict they see more where the ``course`` is known.
    """
    code = GradeErrorCode[error.code]
    field = _path(place, error.field)
    match error:
        case grading.GradesFrozen():
            return GradesFrozenError(
                code=code, message=error.message, field=field, frozen_since=error.frozen_since
            )
        case grading.VersionConflict() if course is not None:
            return VersionConflictError(
                code=code,
                message=error.message,
                field=field,
                course=course,
                learner_id=error.learner_id,
                usage_key=error.usage_key,
                current_version=str(error.current_version),
            )
        case grading.ScoreOutOfRange():
            return ScoreOutOfRangeError(
                code=code,
                message=error.message,
                field=field,
                minimum=error.minimum,
                maximum=error.maximum,
            )
        case _:
            return InputError(code=code, message=error.message, field=field)


def _path(place: Sequence[str], field: Sequence[str] | None) -> list[str] | None:
    path = [*place, *(field or ())]
    return path or None
