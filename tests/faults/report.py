"""What a run came to, in numbers and in words."""

from collections import Counter
from dataclasses import dataclass

from tests.faults.claims import Answer, Claims


@dataclass(frozen=True)
class Report:
    """The numbers of a run. Times are in seconds; ``recoveries`` are by what was done."""

    claims: Claims
    recoveries: tuple[tuple[str, float], ...]
    events: int
    received: int
    reconnects: int
    took: float
    faults: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return all of it."""
        times: dict[str, list[float]] = {}
        for name, seconds in self.recoveries:
            times.setdefault(name, []).append(seconds)
        answers = ", ".join(f"{self.claims.count(answer)} {answer}" for answer in Answer)
        troubles = Counter(self.claims.troubles).most_common()
        return [
            f"{'what was done':<26}{'times':>6}{'longest until all was well again':>36}",
            *(
                f"{name:<26}{len(seconds):>6}{max(seconds):>34.1f} s"
                for name, seconds in times.items()
            ),
            f"{len(self.claims.sent)} scores sent in {self.took:.0f} s: {answers}",
            f"{len(self.claims.shown)} grades shown, {self.events} events",
            f"{self.received} events received, {self.reconnects} reconnects",
            f"clients were told: {dict(troubles)}",
            *(self.faults or ("Each acknowledged score is stored, once, and every rule holds.",)),
        ]
