"""What is behind the figures of a subsection's grade."""

from enum import Enum

import strawberry


@strawberry.enum(description="A zero is never the same as nothing.")
class SubsectionGradeStatus(Enum):
    NOT_ATTEMPTED = strawberry.enum_value(
        "NOT_ATTEMPTED", description="The learner has done nothing in the subsection."
    )
    ATTEMPTED = strawberry.enum_value(
        "ATTEMPTED", description="At least one problem has, or once had, a score."
    )
    OVERRIDDEN = strawberry.enum_value(
        "OVERRIDDEN", description="Staff have put a score in the place of the computed one."
    )
