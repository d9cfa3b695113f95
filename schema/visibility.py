"""Visibility: whether learners may see a result, and why not."""

from enum import Enum

import strawberry


@strawberry.enum(
    description="Whether the learner may see a result now, and if not why not (edX "
    "`show_correctness`)."
)
class GradeVisibility(Enum):
    VISIBLE = strawberry.enum_value("VISIBLE", description="The learner sees it.")
    HIDDEN_UNTIL_DUE = strawberry.enum_value(
        "HIDDEN_UNTIL_DUE", description="Shown after the due date (edX `past_due`)."
    )
    HIDDEN = strawberry.enum_value(
        "HIDDEN",
        description="Never shown (edX `never`), or not even counted before the due date (edX "
        "`never_but_include_grade`).",
    )
    HIDDEN_BUT_COUNTED = strawberry.enum_value(
        "HIDDEN_BUT_COUNTED",
        description="Not shown, but counted in totals (edX `never_but_include_grade`).",
    )


@strawberry.enum(
    description="How much of an assignment type comes from results that the learner may not see."
)
class HiddenContribution(Enum):
    NONE = strawberry.enum_value("NONE", description="Nothing of it.")
    SOME = strawberry.enum_value("SOME", description="Some of its subsections.")
    ALL = strawberry.enum_value("ALL", description="All of its subsections.")
