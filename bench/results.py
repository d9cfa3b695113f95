"""What was found out, as a value, as JSON and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from bench.rounds import Figures, Ratio, Round
from bench.spending import shares
from bench.subject import OURS, Subject
from bench.workloads import SUBJECTS

_HEAD: Final = (
    "| workload | server | CPU of one | how many a second | p50 | p99 | statements |"
    " CourseGrade is ahead by (CPU) | (a second) | target | |\n"
    "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --- |"
)


@dataclass(frozen=True)
class Result:
    """The figures of all servers for one workload on one engine.

    ``ratios`` tell by how much CourseGrade is ahead of each of the others, ``spent`` on what
    packages it spent how many seconds under a profiler.
    """

    engine: str
    workload: str
    figures: Mapping[str, Figures]
    ratios: Mapping[str, Ratio]
    spent: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        engine: str,
        subject: Subject,
        rounds: Mapping[str, Sequence[Round]],
        statements: Mapping[str, int],
        spent: Mapping[str, float] | None = None,
    ) -> "Result":
        """Sum up the rounds of each server."""
        return cls(
            engine,
            subject.name,
            {
                name: Figures.of(its, statements=statements.get(name))
                for name, its in rounds.items()
            },
            {name: Ratio.of(rounds[OURS], its) for name, its in rounds.items() if name != OURS},
            spent or {},
        )

    def as_json(self) -> dict[str, object]:
        """Return all of it."""
        return asdict(self)


def table(results: Sequence[Result]) -> str:
    """Write results as a Markdown table, a row for each workload and server."""
    return "\n".join([_HEAD, *(line for result in results for line in _lines(result))])


def spending(results: Sequence[Result]) -> str:
    """Write as a Markdown table on what CourseGrade spent its time."""
    rows = [f"| {one.workload} | {shares(one.spent)} |" for one in results if one.spent]
    return "\n".join(["| workload | CourseGrade's processor time |", "| --- | --- |", *rows])


def _lines(result: Result) -> Iterator[str]:
    subject = SUBJECTS[result.workload]
    title = f"{subject.name} {subject.title}"
    for name, figures in result.figures.items():
        cells = [
            title,
            name,
            _time(figures.cpu),
            f"{figures.rate:,.0f}" if figures.rate >= 10 else f"{figures.rate:.1f}",
            _milliseconds(figures.p50),
            _milliseconds(figures.p99),
            "" if figures.statements is None else str(figures.statements),
            *_ratio_cells(subject, name, result.ratios.get(name)),
        ]
        yield f"| {' | '.join(cells)} |"
        title = ""


def _ratio_cells(subject: Subject, name: str, ratio: Ratio | None) -> list[str]:
    if ratio is None:
        return ["", "", "", ""]
    cells = [f"{ratio.cpu:.2f} x", f"{ratio.rate:.2f} x"]
    goal = subject.goals.get(name)
    if goal is None:
        return [*cells, "", ""]
    if not subject.timed:
        return [*cells, f"{goal:.3g} x", verdict(ratio.cpu, goal)]
    both = f"CPU {verdict(ratio.cpu, goal)}, time {verdict(ratio.rate, goal)}"
    return [*cells, f"{goal:.3g} x in both", both]


def verdict(ratio: float, goal: float) -> str:
    """Say whether a ratio reaches its target, and by how much it falls short if it does not."""
    return "met" if ratio >= goal else f"**missed** by {1 - ratio / goal:.0%}"


def _milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def _time(microseconds: float) -> str:
    if microseconds >= 10_000:
        return f"{microseconds / 1000:,.1f} ms"
    return f"{microseconds:,.0f} us" if microseconds >= 100 else f"{microseconds:.3g} us"
