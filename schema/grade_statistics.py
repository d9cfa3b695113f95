"""Statistics of a class's grades."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

import grading
from schema.scalars import GradeFraction

Buckets = Annotated[
    int | None, strawberry.argument(description="How many bars the histogram has, 1 to 100.")
]

STAFF_ONLY = (
    "Staff only, whatever the class: figures of hidden results, or of a class of one, would give "
    "grades away."
)


@strawberry.type(description="One bar of a histogram.")
class GradeBucket:
    from_: GradeFraction = strawberry.field(
        name="from",
        description="Included. The first bar begins lower where grades below 0 exist.",
    )
    to: GradeFraction = strawberry.field(
        description="Not included, save in the last bar, which ends higher where grades above 1 "
        "exist."
    )
    count: int = strawberry.field(description="Learners with a grade in it.")


@strawberry.type(description="How many learners have a letter.")
class LetterGradeCount:
    letter_grade: str | None = strawberry.field(description="Null: no letter.")
    count: int = strawberry.field(description="Learners with this letter.")


@strawberry.type(
    description="The figures of a class. In a subsection, letters and passes are those that its "
    f"percent would earn by the course's cutoffs. {STAFF_ONLY}"
)
class GradeStatistics:
    told_id: strawberry.Private[str]
    learner_count: int = strawberry.field(description="Learners that the filter lets through.")
    attempted_count: int = strawberry.field(
        description="The figures below are over these; learners without an attempt are not zeros "
        "here. In a subsection: those who attempted it or have an override."
    )
    passed_count: int = strawberry.field(description="Those who pass.")
    pass_rate: float | None = strawberry.field(
        description="`passedCount` of `attemptedCount`, as a fraction of one."
    )
    mean: GradeFraction | None = strawberry.field(description="The arithmetic mean.")
    median: GradeFraction | None = strawberry.field(
        description="The grade in the middle, or the mean of the two in the middle."
    )
    standard_deviation: float | None = strawberry.field(
        description="The population's standard deviation."
    )
    minimum: GradeFraction | None = strawberry.field(description="The lowest grade.")
    maximum: GradeFraction | None = strawberry.field(description="The highest grade.")
    lower_quartile: GradeFraction | None = strawberry.field(
        description="A quarter of the way up, interpolated linearly."
    )
    upper_quartile: GradeFraction | None = strawberry.field(
        description="Three quarters of the way up, interpolated linearly."
    )
    histogram: list[GradeBucket] = strawberry.field(
        description="Bars of equal width from 0 to 1, the lowest first."
    )
    letter_grade_distribution: list[LetterGradeCount] = strawberry.field(
        description="Every letter of the policy, the highest first, and last those without one."
    )
    computed_at: datetime = strawberry.field(description="When the figures were counted.")

    @classmethod
    def of(
        cls, value: grading.GradeStatistics, computed_at: datetime, *, told_id: str = ""
    ) -> Self:
        """Wrap figures; equal ids stand for the same figures, where they are sent to many."""
        return cls(
            told_id=told_id,
            learner_count=value.learner_count,
            attempted_count=value.attempted_count,
            passed_count=value.passed_count,
            pass_rate=value.pass_rate,
            mean=_fraction(value.mean),
            median=_fraction(value.median),
            standard_deviation=value.standard_deviation,
            minimum=_fraction(value.minimum),
            maximum=_fraction(value.maximum),
            lower_quartile=_fraction(value.lower_quartile),
            upper_quartile=_fraction(value.upper_quartile),
            histogram=[
                GradeBucket(
                    from_=GradeFraction(one.start), to=GradeFraction(one.end), count=one.count
                )
                for one in value.histogram
            ],
            letter_grade_distribution=[
                LetterGradeCount(letter_grade=letter, count=count)
                for letter, count in value.letter_grades
            ],
            computed_at=computed_at,
        )


def _fraction(value: float | None) -> GradeFraction | None:
    return None if value is None else GradeFraction(value)
