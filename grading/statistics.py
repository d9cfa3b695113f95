"""The figures of a class, exact to the last digit, from how often each grade occurs."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import isqrt
from typing import Final, NamedTuple

_BITS: Final = 64  # of a square root before it is rounded: more than a double has


class Outcome(NamedTuple):
    """What a learner came to: the rounded percent as a fraction of one, and what it earned."""

    percent: float
    letter_grade: str | None
    passed: bool


@dataclass(frozen=True, slots=True)
class GradeBucket:
    """One bar of a histogram: grades from ``start``, included, to ``end``.

    ``end`` belongs to the next bar, except for the last one.
    """

    start: float
    end: float
    count: int


@dataclass(frozen=True, slots=True)
class GradeStatistics:
    """The figures of a class; those of grades are None where nobody has one.

    ``letter_grades`` ends with those who have no letter.
    """

    learner_count: int
    attempted_count: int
    passed_count: int
    mean: float | None
    median: float | None
    standard_deviation: float | None
    minimum: float | None
    maximum: float | None
    lower_quartile: float | None
    upper_quartile: float | None
    histogram: tuple[GradeBucket, ...]
    letter_grades: tuple[tuple[str | None, int], ...]

    @property
    def pass_rate(self) -> float | None:
        """Return the share of those with a grade who passed."""
        return self.passed_count / self.attempted_count if self.attempted_count else None


def grade_statistics(
    outcomes: Mapping[Outcome, int], *, learner_count: int, letters: Sequence[str], buckets: int
) -> GradeStatistics:
    """Describe a class of ``learner_count``, of whom those with a grade came to ``outcomes``.

    The standard deviation is the population's. Median and quartiles are numpy's: interpolated
    between the two grades next to them.
    """
    counts: dict[float, int] = {}
    for outcome, count in sorted(outcomes.items(), key=lambda item: item[0].percent):
        counts[outcome.percent] = counts.get(outcome.percent, 0) + count
    attempted = sum(counts.values())
    percents = list(counts)
    row = _Row(percents, list(accumulate(counts.values())))
    mean, deviation = _mean_and_deviation(counts)
    return GradeStatistics(
        learner_count=learner_count,
        attempted_count=attempted,
        passed_count=sum(count for outcome, count in outcomes.items() if outcome.passed),
        mean=mean,
        median=row.median() if attempted else None,
        standard_deviation=deviation,
        minimum=percents[0] if attempted else None,
        maximum=percents[-1] if attempted else None,
        lower_quartile=row.quartile(1) if attempted else None,
        upper_quartile=row.quartile(3) if attempted else None,
        histogram=_histogram(counts, buckets),
        letter_grades=_letters(outcomes.items(), letters),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """Everybody's grade in a row, the lowest first: the grades, and how far each of them goes."""

    percents: Sequence[float]
    ends: Sequence[int]

    def at(self, place: int) -> float:
        return self.percents[bisect_right(self.ends, place)]

    def median(self) -> float:
        size = self.ends[-1]
        return (self.at((size - 1) // 2) + self.at(size // 2)) / 2

    def quartile(self, number: int) -> float:
        quarters = (self.ends[-1] - 1) * number
        place, share = quarters // 4, quarters % 4 / 4
        low = self.at(place)
        if not share:
            return low
        high = self.at(place + 1)
        # In numpy's words, so that the last digit is numpy's.
        step = high - low
        return low + step * share if share < 0.5 else high - step * (1 - share)  # noqa: PLR2004


def _mean_and_deviation(counts: Mapping[float, int]) -> tuple[float | None, float | None]:
    size = sum(counts.values())
    if not size:
        return None, None
    exact = [(Fraction(percent), count) for percent, count in counts.items()]
    total = sum(percent * count for percent, count in exact)
    squares = sum(percent * percent * count for percent, count in exact)
    mean = Fraction(total, size)
    return float(mean), _square_root(Fraction(squares, size) - mean * mean)


def _square_root(value: Fraction) -> float:
    # Rounded once: computed to more bits than a double has, the last of them telling that there
    # is a rest.
    if not value:
        return 0.0
    size = value.numerator.bit_length() - value.denominator.bit_length()
    shift = _BITS - size // 2
    scaled = value * Fraction(4) ** shift
    root = isqrt(scaled.numerator // scaled.denominator)
    if root * root != scaled:
        root |= 1
    return float(root / Fraction(2) ** shift)


def _histogram(counts: Mapping[float, int], buckets: int) -> tuple[GradeBucket, ...]:
    edges = [number / buckets for number in range(buckets + 1)]
    inner = edges[1:-1]
    tally = [0] * buckets
    for percent, count in counts.items():
        tally[bisect_right(inner, percent)] += count
    # Extra credit and negative weights lead beyond the scale; nobody is left out.
    edges[0] = min([edges[0], *counts])
    edges[-1] = max([edges[-1], *counts])
    return tuple(
        GradeBucket(start, end, count)
        for start, end, count in zip(edges[:-1], edges[1:], tally, strict=True)
    )


def _letters(
    outcomes: Iterable[tuple[Outcome, int]], letters: Sequence[str]
) -> tuple[tuple[str | None, int], ...]:
    tally: dict[str | None, int] = dict.fromkeys(letters, 0)
    unlettered = 0
    # Letters of a former policy come behind the present ones, in alphabetical order.
    for outcome, count in sorted(outcomes, key=lambda item: item[0].letter_grade or ""):
        if outcome.letter_grade is None:
            unlettered += count
        else:
            tally[outcome.letter_grade] = tally.get(outcome.letter_grade, 0) + count
    return (*tally.items(), (None, unlettered))
