"""Rounds: each server in turn has the load for a while, several times over."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from bench.load import Load
from bench.processes import cpu_seconds

SETTLE: Final = 0.05  # seconds in which a server finishes what it does after the last answer


@dataclass(frozen=True)
class Round:
    """One server's turn. ``cpu`` is microseconds of its processor time for each thing it did."""

    rate: float  # a second
    cpu: float
    latencies: Sequence[float]  # seconds
    size: int = 0  # bytes of an answer


class Clock:
    """Measures a block of this process: elapsed seconds, and its processor time in seconds."""

    def __init__(self, seconds: float = 0.0, cpu: float = 0.0) -> None:
        self.seconds, self.cpu = seconds, cpu

    def __enter__(self) -> Self:
        self._begun = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        seconds, cpu = self._begun
        self.seconds, self.cpu = time.perf_counter() - seconds, time.process_time() - cpu

    def __add__(self, other: "Clock") -> "Clock":
        return Clock(self.seconds + other.seconds, self.cpu + other.cpu)


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
    """How much is measured."""

    rounds: int = 5
    seconds: float = 2.0
    warm_up: float = 1.0  # seconds
    subscribers: int = 1_000
    changes: int = 6  # to the subscribers, in each round
    regrades: int = 3  # rounds, in which each regrades once
    learners: int = 10_000  # who are regraded
    sample: int = 300  # of them, who are regraded by what would take minutes for all


QUICK: Final = Plan(
    rounds=2,
    seconds=1.0,
    warm_up=0.5,
    subscribers=500,
    changes=3,
    regrades=2,
    learners=500,
    sample=20,
)


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
    """How many times less CPU ours takes than another, and how many times more it does."""

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
