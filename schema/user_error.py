"""Expected failures: what a person can mend, with a code, a message and a place."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import strawberry

import grading


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
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The viewer may not do this.")
    GRADES_FROZEN = strawberry.enum_value(
        "GRADES_FROZEN", description="The grades of the course no longer change."
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


def user_error_of(error: grading.GradingError, *place: str) -> UserError:
    """Return a refusal as clients see it; ``place`` leads to what ``error.field`` begins at."""
    code = GradeErrorCode[error.code]
    field = _path(place, error.field)
    match error:
        case grading.GradesFrozen():
            return GradesFrozenError(
                code=code, message=error.message, field=field, frozen_since=error.frozen_since
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
