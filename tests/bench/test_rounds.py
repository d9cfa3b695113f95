"""What rounds come to: medians, quantiles, and ratios of rounds that followed each other."""

import pytest

from bench.rounds import Figures, Ratio, Round, quantile
from tests.bench.rounds import round_of


def test_figures_are_medians_of_the_rounds() -> None:
    figures = Figures.of([round_of(10.0, 5.0), round_of(30.0, 7.0), round_of(20.0, 6.0)])

    assert (figures.cpu, figures.rate) == (20.0, 6.0)


def test_latencies_of_all_rounds_make_the_quantiles_in_milliseconds() -> None:
    rounds = [
        Round(1.0, 1.0, [number / 1000 for number in range(1, 51)], 10),
        Round(1.0, 1.0, [number / 1000 for number in range(51, 102)], 10),
    ]

    figures = Figures.of(rounds)

    assert (figures.p50, figures.p99) == (51.0, 100.0)


def test_a_ratio_is_the_median_of_paired_ratios_not_the_ratio_of_medians() -> None:
    mine = [round_of(10.0, 100.0), round_of(20.0, 50.0), round_of(40.0, 25.0)]
    others = [round_of(30.0, 50.0), round_of(20.0, 50.0), round_of(80.0, 5.0)]

    ratio = Ratio.of(mine, others)

    assert ratio == Ratio(cpu=2.0, rate=2.0)


def test_rounds_that_have_no_partner_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Ratio.of([round_of(1.0), round_of(1.0)], [round_of(1.0)])


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 2.0), (0.99, 3.0), (1.0, 3.0)])
def test_a_quantile_is_one_of_the_values(share: float, expected: float) -> None:
    assert quantile([3.0, 1.0, 2.0], share) == expected
