"""Rounds: each server in turn has the load for a while, several times over."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.load import Load
from bench.processes import cpu_seconds

SETTLE: Final = 0.05  # seconds in which a server finishes what it does after the last answer


@dataclass(frozen=True)
class Round:
    """One server's turn. ``cpu`` is microseconds of its processor time a request."""

    rate: float  # requests a second
    cpu: float
    latencies: Sequence[float]  # seconds
    size: int  # bytes of an answer


@dataclass
class Contestant:
    """A server process with its load, and the rounds that it has had."""

    pid: int
    load: Load
    rounds: list[Round] = field(default_factory=list)

    def take_turn(self, seconds: float) -> Round:
        """Have the load for so many seconds."""
        before = cpu_seconds(self.pid)
        answers = self.load.run(seconds)
        time.sleep(SETTLE)
        cpu = cpu_seconds(self.pid) - before
        return Round(
            answers.count / answers.seconds,
            cpu / answers.count * 1_000_000,
            answers.latencies,
            answers.size,
        )


@dataclass(frozen=True)
class Plan:
    """How long is measured."""

    rounds: int = 5
    seconds: float = 2.0
    warm_up: float = 1.0  # seconds


def take_turns(contestants: Mapping[str, Contestant], plan: Plan) -> None:
    """Let all of them warm up, then have their rounds, interleaved."""
    for each in contestants.values():
        each.take_turn(plan.warm_up)
    for _ in range(plan.rounds):
        for each in contestants.values():
            each.rounds.append(each.take_turn(plan.seconds))


@dataclass(frozen=True)
class Figures:
    """What a server's rounds come to: medians."""

    rate: float
    cpu: float
    p50: float  # milliseconds
    p99: float  # milliseconds
    size: int
    statements: int | None = None  # a request; None where nobody counts them

    @classmethod
    def of(cls, rounds: Sequence[Round], *, statements: int | None = None) -> "Figures":
        """Take the medians of the rounds, and the quantiles of all answers."""
        latencies = [one for each in rounds for one in each.latencies]
        return cls(
            rate=statistics.median(each.rate for each in rounds),
            cpu=statistics.median(each.cpu for each in rounds),
            p50=quantile(latencies, 0.5) * 1000,
            p99=quantile(latencies, 0.99) * 1000,
            size=rounds[-1].size,
            statements=statements,
        )


@dataclass(frozen=True)
class Ratio:
    """How many times less CPU, and how many times more answers, ours has than another."""

    cpu: float
    rate: float

    @classmethod
    def of(cls, mine: Sequence[Round], others: Sequence[Round]) -> "Ratio":
        """Take the medians of the ratios of rounds that followed each other."""
        pairs = list(zip(mine, others, strict=True))
        return cls(
            cpu=statistics.median(other.cpu / one.cpu for one, other in pairs),
            rate=statistics.median(one.rate / other.rate for one, other in pairs),
        )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
