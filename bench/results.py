"""What was found out, as a value, as JSON and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from bench.rounds import Contestant, Figures, Ratio
from bench.workloads import OURS, WORKLOADS, Workload

_HEAD: Final = (
    "| workload | server | CPU a request | answers a second | p50 | p99 | statements |"
    " CourseGrade is ahead by (CPU) | (answers) | target (CPU) | |\n"
    "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --- |"
)


@dataclass(frozen=True)
class Result:
    """The figures of all servers for one workload on one engine.

    ``ratios`` tell by how much CourseGrade is ahead of each of the others.
    """

    engine: str
    workload: str
    figures: Mapping[str, Figures]
    ratios: Mapping[str, Ratio]

    @classmethod
    def of(
        cls,
        engine: str,
        workload: Workload,
        contestants: Mapping[str, Contestant],
        statements: Mapping[str, int],
    ) -> "Result":
        """Sum up the rounds."""
        mine = contestants[OURS].rounds
        return cls(
            engine,
            workload.name,
            {
                name: Figures.of(each.rounds, statements=statements.get(name))
                for name, each in contestants.items()
            },
            {
                name: Ratio.of(mine, each.rounds)
                for name, each in contestants.items()
                if name != OURS
            },
        )

    def as_json(self) -> dict[str, object]:
        """Return all of it."""
        return asdict(self)


def table(results: Sequence[Result]) -> str:
    """Write results as a Markdown table, a row for each workload and server."""
    return "\n".join([_HEAD, *(line for result in results for line in _lines(result))])


def _lines(result: Result) -> Iterator[str]:
    workload = WORKLOADS[result.workload]
    title = f"{workload.name} {workload.title}"
    for name, figures in result.figures.items():
        cells = [
            title,
            name,
            _time(figures.cpu),
            f"{figures.rate:,.0f}" if figures.rate >= 10 else f"{figures.rate:.1f}",
            _milliseconds(figures.p50),
            _milliseconds(figures.p99),
            "" if figures.statements is None else str(figures.statements),
            *_ratio_cells(workload, name, result.ratios.get(name)),
        ]
        yield f"| {' | '.join(cells)} |"
        title = ""


def _ratio_cells(workload: Workload, name: str, ratio: Ratio | None) -> list[str]:
    if ratio is None:
        return ["", "", "", ""]
    goal = workload.goals.get(name)
    return [
        f"{ratio.cpu:.2f} x",
        f"{ratio.rate:.2f} x",
        "" if goal is None else f"{goal:g} x",
        "" if goal is None else verdict(ratio.cpu, goal),
    ]


def verdict(ratio: float, goal: float) -> str:
    """Say whether a ratio reaches its target, and by how much it falls short if it does not."""
    return "met" if ratio >= goal else f"missed by {1 - ratio / goal:.0%}"


def _milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def _time(microseconds: float) -> str:
    if microseconds >= 10_000:
        return f"{microseconds / 1000:,.1f} ms"
    return f"{microseconds:,.0f} us"
