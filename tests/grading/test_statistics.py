"""The figures of a class, against numpy, and against exact fractions where numpy rounds twice."""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import fsum
from statistics import mean, pstdev

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grading import GradeBucket, GradeStatistics, Outcome, grade_statistics

WHOLE = st.integers(0, 120).map(lambda percent: percent / 100)
FOUR_DECIMALS = st.integers(0, 10_000).map(lambda percent: percent / 10_000)
ANY = st.floats(-2, 3).map(lambda percent: round(percent, 9))
PERCENTS = st.one_of(
    *(st.lists(one, min_size=1, max_size=200) for one in (WHOLE, FOUR_DECIMALS, ANY))
)


def outcomes_of(percents: Iterable[float]) -> Counter[Outcome]:
    return Counter(
        Outcome(percent, "A" if percent >= 0.9 else None, percent >= 0.9) for percent in percents
    )


def statistics_of(percents: Sequence[float], buckets: int = 10) -> GradeStatistics:
    return grade_statistics(
        outcomes_of(percents), learner_count=len(percents), letters=["A"], buckets=buckets
    )


@given(PERCENTS)
@example([0.1, 0.1, 0.1])
@example([0.1, 0.2, 0.3, 0.7])
def test_mean_and_deviation_are_exact_and_rounded_once(percents: list[float]) -> None:
    found = statistics_of(percents)

    exact = [Fraction(one) for one in percents]
    assert found.mean == float(sum(exact) / len(exact))
    # The standard library's are exact, too, and computed in another way.
    assert found.mean == mean(percents)
    assert found.standard_deviation == pstdev(percents)


@given(PERCENTS)
def test_mean_and_deviation_are_numpys_but_for_its_rounding(percents: list[float]) -> None:
    found = statistics_of(percents)

    values = np.array(percents, dtype=np.longdouble)
    assert found.mean == pytest.approx(float(values.mean()), rel=1e-15, abs=1e-18)
    assert found.standard_deviation == pytest.approx(float(values.std()), rel=1e-12, abs=1e-16)
    assert found.mean == pytest.approx(fsum(percents) / len(percents), rel=1e-15)


@given(PERCENTS)
def test_median_quartiles_and_ends_are_numpys(percents: list[float]) -> None:
    found = statistics_of(percents)

    assert found.median == np.median(percents)
    assert found.lower_quartile == np.quantile(percents, 0.25)
    assert found.upper_quartile == np.quantile(percents, 0.75)
    assert (found.minimum, found.maximum) == (np.min(percents), np.max(percents))


@given(PERCENTS, st.integers(1, 100))
def test_the_histogram_is_numpys_over_its_own_edges(percents: list[float], buckets: int) -> None:
    found = statistics_of(percents, buckets).histogram

    edges = [one.start for one in found] + [found[-1].end]
    assert len(found) == buckets
    assert edges[1:-1] == [number / buckets for number in range(1, buckets)]
    assert (edges[0], edges[-1]) == (min(0.0, *percents, 0.0), max(1.0, *percents, 1.0))
    assert [one.end for one in found] == edges[1:]
    assert [one.count for one in found] == np.histogram(percents, edges)[0].tolist()
    assert sum(one.count for one in found) == len(percents)


def test_a_grade_on_an_edge_is_in_the_bar_above_and_the_highest_in_the_last() -> None:
    found = statistics_of([0.0, 0.3, 0.58, 0.7, 1.0]).histogram

    assert [one.count for one in found] == [1, 0, 0, 1, 0, 1, 0, 1, 0, 1]
    assert found[3] == GradeBucket(0.3, 0.4, 1)


def test_the_outer_bars_reach_further_where_grades_do() -> None:
    found = statistics_of([-0.2, 0.5, 1.3], 2).histogram

    assert found == (GradeBucket(-0.2, 0.5, 1), GradeBucket(0.5, 1.3, 2))


def test_nobody_has_no_figures() -> None:
    found = grade_statistics({}, learner_count=3, letters=["A", "B"], buckets=2)

    assert found == GradeStatistics(
        learner_count=3,
        attempted_count=0,
        passed_count=0,
        mean=None,
        median=None,
        standard_deviation=None,
        minimum=None,
        maximum=None,
        lower_quartile=None,
        upper_quartile=None,
        histogram=(GradeBucket(0.0, 0.5, 0), GradeBucket(0.5, 1.0, 0)),
        letter_grades=(("A", 0), ("B", 0), (None, 0)),
    )
    assert found.pass_rate is None


def test_letters_and_passes_are_those_that_are_given() -> None:
    outcomes = {
        Outcome(0.5, "C", True): 2,
        Outcome(0.5, None, False): 1,
        Outcome(0.9, "Z", True): 1,
        Outcome(0.9, "E", True): 3,
        Outcome(0.1, None, False): 1,
    }

    found = grade_statistics(outcomes, learner_count=9, letters=["A", "C"], buckets=1)

    assert found.letter_grades == (("A", 0), ("C", 2), ("E", 3), ("Z", 1), (None, 2))
    assert (found.attempted_count, found.passed_count, found.pass_rate) == (8, 6, 0.75)
    assert found.histogram == (GradeBucket(0.0, 1.0, 8),)


def test_one_learner_is_every_figure() -> None:
    found = statistics_of([0.83])

    figures = (found.mean, found.median, found.lower_quartile, found.upper_quartile)
    assert figures == (0.83, 0.83, 0.83, 0.83)
    assert found.standard_deviation == 0.0
