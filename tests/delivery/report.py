"""What a run came to, in numbers and in words."""

from collections import Counter
from dataclasses import dataclass
from statistics import quantiles

from tests.delivery.verdict import Receipt


@dataclass(frozen=True)
class Report:
    """The numbers of a run; nothing was lost if there are no ``faults``. Times are in seconds.

    ``listeners`` is how many processes heard PostgreSQL's notifications in the end.
    """

    committed: int
    receipts: tuple[Receipt, ...]
    faults: tuple[str, ...]
    trials: int
    listeners: int
    wrote_for: float
    took: float

    @property
    def deliveries(self) -> int:
        """How many events should have come, over all clients."""
        return sum(len(each.expected) for each in self.receipts)

    @property
    def duplicates(self) -> int:
        """How many events came again, over all clients."""
        return sum(each.subscriber.received - len(each.subscriber.seen) for each in self.receipts)

    @property
    def reconnects(self) -> int:
        """How often clients connected again, over all clients."""
        return sum(each.subscriber.connections - 1 for each in self.receipts)

    def lines(self) -> list[str]:
        """Return a table of it."""
        delays = [delay for each in self.receipts for delay in each.subscriber.delays]
        cuts = quantiles(delays, n=100) if len(delays) > 1 else [0.0] * 99
        ends = sum((each.subscriber.ends for each in self.receipts), Counter[str]())
        lines = [
            f"{'client':<22}{'asked':>8}{'got':>8}{'again':>8}{'reconnects':>12}{'missing':>9}"
        ]
        for each in self.receipts:
            one = each.subscriber
            again = one.received - len(one.seen)
            lines.append(
                f"{one.name:<22}{len(each.expected):>8}{len(one.seen):>8}{again:>8}"
                f"{one.connections - 1:>12}{each.missing:>9}"
            )
        return [
            *lines,
            f"{self.committed} events committed in {self.wrote_for:.1f} s of {self.took:.1f} s",
            f"{self.trials} disturbances, {self.reconnects} reconnects",
            f"{self.deliveries} deliveries, {self.duplicates} came again",
            f"from commit to client: p50 {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s, outages included",
            f"streams ended: {dict(ends.most_common())}",
            *(self.faults or ("Each committed event reached each client once, in order.",)),
        ]
