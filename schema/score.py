"""Scores: points earned of points possible."""

from datetime import datetime
from typing import Self

import strawberry

import grading
from schema.scalars import GradeFraction


@strawberry.type(
    description="An aggregated (earned, possible) pair; AGS `scoreGiven` / `scoreMaximum`."
)
class Score:
    algorithm: strawberry.Private[grading.Algorithm]
    earned: float = strawberry.field(description="Points earned; may exceed `possible`.")
    possible: float = strawberry.field(description="Points that can be earned.")

    @classmethod
    def of(cls, total: grading.Total | grading.Points, algorithm: grading.Algorithm) -> Self:
        return cls(algorithm=algorithm, earned=total.earned, possible=total.possible)

    @strawberry.field(
        description="`earned / possible`, rounded as the course's algorithm says. "
        "Null when `possible` is 0."
    )
    def percent(self) -> GradeFraction | None:
        if not self.possible:
            return None
        decimals = self.algorithm.subsection_decimals
        return GradeFraction(grading.percent(self.earned, self.possible, decimals))

    @strawberry.field(description="Text for people, such as `8/11`.")
    def display(self) -> str:
        return f"{_points(self.earned)}/{_points(self.possible)}"


@strawberry.type(description="One problem's score for one learner.")
class ProblemScore:
    usage_key: grading.UsageKey = strawberry.field(description="The problem's usage key.")
    display_name: str | None = strawberry.field(description="The problem's title.")
    earned: float = strawberry.field(description="Points earned, weighted.")
    possible: float = strawberry.field(description="Points possible, weighted.")
    raw_earned: float | None = strawberry.field(
        description="Points earned before weighting; null where only weighted points are known."
    )
    raw_possible: float | None = strawberry.field(
        description="Points possible before weighting; null where only weighted points are known."
    )
    weight: float | None = strawberry.field(
        description="What the problem's points are scaled to; null for as they are."
    )
    graded: bool = strawberry.field(
        description="Whether the problem counts in its subsection's graded total."
    )
    first_attempted_at: datetime | None = strawberry.field(
        description="When the learner first had a score; null when there is none."
    )

    @classmethod
    def of(cls, score: grading.ProblemScore, display_name: str | None) -> Self:
        return cls(
            usage_key=score.usage_key,
            display_name=display_name,
            earned=score.earned,
            possible=score.possible,
            raw_earned=score.raw_earned,
            raw_possible=score.raw_possible,
            weight=score.weight,
            graded=score.graded,
            first_attempted_at=score.first_attempted_at,
        )


def _points(points: float) -> str:
    return f"{points:.4f}".rstrip("0").rstrip(".")
