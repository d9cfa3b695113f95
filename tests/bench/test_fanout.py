"""A fan-out's figures: what a delivery takes, with and without the mutation behind it."""

import pytest

from bench.fanout import Turn
from bench.fanout_client import Change


def change(last: float, answered: float = 0.001) -> Change:
    return Change(answered, last, b"", b"four")


def test_a_turn_is_counted_by_delivery_and_timed_by_the_last_receiver() -> None:
    turn = Turn(cpu=0.02, changes=[change(0.01), change(0.03)])

    deliveries = turn.deliveries(1_000)

    assert (deliveries.rate, deliveries.cpu) == pytest.approx((50_000.0, 20.0))
    assert deliveries.latencies == [0.01, 0.03]
    assert deliveries.size == 4


def test_the_same_mutations_without_subscribers_are_taken_away() -> None:
    turn = Turn(cpu=0.02, changes=[change(0.02), change(0.03)])
    alone = Turn(cpu=0.005, changes=[change(9.0, answered) for answered in (0.001, 0.01, 0.2)])

    rest = turn.without(alone)

    assert rest.cpu == pytest.approx(0.015)
    assert [each.last for each in rest.changes] == pytest.approx([0.01, 0.02])


def test_less_than_nothing_is_never_left() -> None:
    rest = Turn(cpu=0.001, changes=[change(0.001)]).without(Turn(0.002, [change(1.0, 0.5)]))

    assert 0 < rest.deliveries(10).cpu < 0.001
    assert 0 < rest.changes[0].last < 0.001
