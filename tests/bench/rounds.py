"""Rounds whose figures are easy to check."""

from bench.results import Result
from bench.rounds import Round
from bench.subject import FLOOR, MERCURIUS, NAIVE, OURS
from bench.workloads import SUBJECTS


def round_of(cpu: float, rate: float = 100.0) -> Round:
    return Round(rate=rate, cpu=cpu, latencies=[0.001, 0.002, 0.003], size=10)


def rounds_of(*cpu: float) -> list[Round]:
    return [round_of(one) for one in cpu]


def result_of(workload: str = "W1", engine: str = "postgres") -> Result:
    rounds = {
        OURS: rounds_of(100.0, 110.0, 90.0),
        FLOOR: rounds_of(95.0, 99.0, 99.0),
        MERCURIUS: rounds_of(130.0, 132.0, 126.0),
        NAIVE: rounds_of(5000.0, 5500.0, 4500.0),
    }
    return Result.of(engine, SUBJECTS[workload], rounds, {OURS: 1, FLOOR: 1})
