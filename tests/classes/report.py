"""What a run came to, in numbers and in words."""

from dataclasses import dataclass
from typing import Final

from tests.classes.probes import Latencies
from tests.classes.watching import Watched

IDLE: Final = "idle"
_MOST: Final = 2.0  # times the idle latency


@dataclass(frozen=True)
class Report:
    """The numbers of a run. Jobs are by what they were for."""

    learners: int
    jobs: dict[str, Watched]
    kills: int
    latencies: Latencies
    faults: tuple[str, ...]

    @property
    def slow(self) -> list[str]:
        """Return which latencies are more than twice those of an idle server."""
        return [
            f"{phase}, {asked}: {worst:.1f} times the idle latency"
            for phase, asked in self.latencies.kept
            if phase != IDLE and (worst := max(self._ratios(phase, asked))) > _MOST
        ]

    def lines(self) -> list[str]:
        """Return all of it."""
        lines = [f"{'job':<16}{'learners':>9}{'saved':>9}{'failed':>8}{'looks':>8}{'seconds':>9}"]
        for name, job in self.jobs.items():
            lines.append(
                f"{name:<16}{job.total:>9}{job.saved:>9}{job.failed:>8}{job.looks:>8}"
                f"{job.took:>9.1f}  {job.total / job.took:,.0f} learners/s"
            )
        lines.append(f"{self.kills} servers were killed")
        lines.append(f"{'latency':<16}{'asked':>8}{'answers':>9}{'p50':>11}{'p95':>11}")
        for (phase, asked), taken in self.latencies.kept.items():
            middle, high = self.latencies.percentiles(phase, asked)
            ratios = ", ".join(f"{ratio:.1f}" for ratio in self._ratios(phase, asked))
            lines.append(
                f"{phase:<16}{asked:>8}{len(taken):>9}{middle * 1000:>8.1f} ms"
                f"{high * 1000:>8.1f} ms  {ratios} of idle"
            )
        return [
            *lines,
            *(self.slow or ("All latencies are within twice those of idle servers.",)),
            *(self.faults or ("Each learner was graded exactly once, and every grade is right.",)),
        ]

    def _ratios(self, phase: str, asked: str) -> list[float]:
        return [
            now / idle
            for now, idle in zip(
                self.latencies.percentiles(phase, asked),
                self.latencies.percentiles(IDLE, asked),
                strict=True,
            )
        ]
