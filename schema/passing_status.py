"""Where a learner stands in a course."""

from enum import Enum

import strawberry


@strawberry.enum(description="Where a learner stands in a course.")
class PassingStatus(Enum):
    NOT_ATTEMPTED = strawberry.enum_value(
        "NOT_ATTEMPTED", description="The learner has done nothing yet."
    )
    FAILING = strawberry.enum_value("FAILING", description="Attempted, and not passed.")
    PASSING = strawberry.enum_value("PASSING", description="Passed as things stand.")
