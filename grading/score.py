"""Scores: points earned of points possible, for one problem and summed up.

They are tuples, since a class has millions of them: frozen dataclasses take three times as long
to make.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from grading.errors import ScoreOutOfRange
from grading.keys import UsageKey, block_type_of
from grading.rounding import round_half_even
from grading.structure import Problem
from grading.visible_blocks import VisibleBlock

# Open response and staff graded assignments live in Open edX's submissions store, whose points are
# final: the block's weight is reported with them but never applied. That store knows no score out
# of zero.
_FINAL_POINTS_TYPES = frozenset({"openassessment", "edx_sga"})


class RecordedScore(NamedTuple):
    """What a learner's work on one problem was worth, before weighting.

    ``earned`` is None when the score was cleared; ``possible`` is the maximum at the time of
    scoring, which counts even if the problem has changed since.
    """

    earned: float | None
    possible: float | None
    scored_at: datetime
    first_scored_at: datetime


class ProblemScore(NamedTuple):
    """One problem's score for one learner, weighted and raw."""

    usage_key: UsageKey
    earned: float
    possible: float
    raw_earned: float | None
    raw_possible: float | None
    weight: float | None
    graded: bool
    first_attempted_at: datetime | None

    @property
    def visible_block(self) -> VisibleBlock:
        """Return what a stored subsection grade remembers of this problem."""
        return VisibleBlock(self.usage_key, self.weight, self.raw_possible, self.graded)


class Total(NamedTuple):
    """Points summed over problems, in course order."""

    earned: float
    possible: float
    first_attempted_at: datetime | None = None

    def percent(self, decimals: int) -> float:
        """Return earned of possible as a fraction, 0.0 where nothing is possible."""
        return percent(self.earned, self.possible, decimals)

    def since(self, first_attempted_at: datetime | None) -> "Total":
        """Return the same points with another first attempt."""
        return Total(self.earned, self.possible, first_attempted_at)


def percent(earned: float, possible: float, decimals: int) -> float:
    """Return ``earned / possible`` rounded half to even, 0.0 unless ``possible`` is positive."""
    return round_half_even(earned / possible, decimals) if possible > 0 else 0.0


def weighted(
    raw_earned: float, raw_possible: float | None, weight: float | None
) -> tuple[float, float]:
    """Scale raw points so that the weight is what is possible.

    :raises ScoreOutOfRange: if ``raw_possible`` is None.
    """
    if raw_possible is None:
        raise ScoreOutOfRange(
            "A score without a maximum cannot be weighted.", minimum=0.0, maximum=None
        )
    if weight is None or raw_possible == 0:
        return float(raw_earned), float(raw_possible)
    return float(raw_earned) * weight / raw_possible, float(weight)


def is_higher_or_equal(
    earned: float, possible: float, *, than_earned: float, than_possible: float
) -> bool:
    """Compare two scores as unrounded fractions; nothing possible counts as zero."""
    fraction = earned / possible if possible else 0.0
    return fraction >= (than_earned / than_possible if than_possible else 0.0)


def problem_score(
    problem: Problem, recorded: RecordedScore | None, stored: VisibleBlock | None = None
) -> ProblemScore | None:
    """Score one problem from the first source that can: the record, the stored block, the content.

    None when no source knows what is possible: the problem is then left out entirely.
    """
    weight, graded = problem.weight, problem.graded
    raw_earned, raw_possible = 0.0, problem.max_score
    if stored is not None:
        weight, graded, raw_possible = stored.weight, stored.graded, stored.raw_possible
    first_attempted_at: datetime | None = None
    if recorded is not None and recorded.possible is not None:
        if _has_final_points(problem.usage_key):
            if recorded.earned is not None and recorded.possible > 0:
                return _final_score(problem.usage_key, recorded, weight, graded=graded)
        else:
            raw_earned, raw_possible = recorded.earned or 0.0, recorded.possible
            first_attempted_at = None if recorded.earned is None else recorded.first_scored_at
    if raw_possible is None:
        return None
    earned, possible = weighted(raw_earned, raw_possible, weight)
    return ProblemScore(
        problem.usage_key,
        earned,
        possible,
        float(raw_earned),
        float(raw_possible),
        weight,
        possible > 0 and graded is not False,
        first_attempted_at,
    )


@lru_cache(maxsize=10_000)
def _has_final_points(usage_key: UsageKey) -> bool:
    return block_type_of(usage_key) in _FINAL_POINTS_TYPES


def _final_score(
    usage_key: UsageKey, recorded: RecordedScore, weight: float | None, *, graded: bool | None
) -> ProblemScore:
    earned, possible = float(recorded.earned or 0.0), float(recorded.possible or 0.0)
    return ProblemScore(
        usage_key=usage_key,
        earned=earned,
        possible=possible,
        raw_earned=None,
        raw_possible=None,
        weight=weight,
        graded=possible > 0 and graded is not False,
        first_attempted_at=recorded.scored_at,
    )


def total(scores: Iterable[ProblemScore]) -> Total:
    """Sum scores in their order; the first attempt is the earliest of theirs."""
    earned = possible = 0.0
    first: datetime | None = None
    for score in scores:
        earned += score.earned
        possible += score.possible
        at = score.first_attempted_at
        if at is not None and (first is None or at < first):
            first = at
    return Total(earned, possible, first)
