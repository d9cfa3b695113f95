"""Rounds whose figures are easy to check."""

from bench.load import Load
from bench.results import Result
from bench.rounds import Contestant, Round
from bench.workloads import FLOOR, MERCURIUS, NAIVE, OURS, WORKLOADS


def round_of(cpu: float, rate: float = 100.0) -> Round:
    return Round(rate=rate, cpu=cpu, latencies=[0.001, 0.002, 0.003], size=10)


def contestant(*cpu: float) -> Contestant:
    return Contestant(0, Load(1, [b""], 1), [round_of(one) for one in cpu])


def result_of(workload: str = "W1", engine: str = "postgres") -> Result:
    contestants = {
        OURS: contestant(100.0, 110.0, 90.0),
        FLOOR: contestant(95.0, 99.0, 99.0),
        MERCURIUS: contestant(130.0, 132.0, 126.0),
        NAIVE: contestant(5000.0, 5500.0, 4500.0),
    }
    return Result.of(engine, WORKLOADS[workload], contestants, {OURS: 1, FLOOR: 1})
