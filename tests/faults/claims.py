"""What clients sent and what they were told: the only thing that counts in the end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from grading import LearnerId, UsageKey


class Answer(StrEnum):
    """What a client knows of a score that it sent."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # for certain
    UNKNOWN = "unknown"  # no answer, or one that says so


@dataclass
class Sent:
    """A score that was sent; no two have the same points."""

    learner_id: LearnerId
    problem: UsageKey
    earned: float
    at: datetime
    answer: Answer = Answer.UNKNOWN


@dataclass(frozen=True)
class Shown:
    """A stored course grade that a client was shown."""

    learner_id: LearnerId
    version: int
    percent: float


@dataclass
class Claims:
    """All of it, in the order in which it was sent. Of a problem, one client sends all scores."""

    sent: list[Sent] = field(default_factory=list)
    shown: set[Shown] = field(default_factory=set)
    troubles: Counter[str] = field(default_factory=Counter)
    bugs: list[str] = field(default_factory=list)

    def show(self, learner_id: LearnerId, grade: dict[str, Any] | None) -> None:
        """Note a grade with its ``version`` and ``percent``, if it is a stored one."""
        if grade is not None and grade["version"] != "0":
            self.shown.add(Shown(learner_id, int(grade["version"]), grade["percent"]))

    def trouble(self, body: dict[str, Any]) -> list[str]:
        """Note the errors of an answer, and return their codes. Only a bug is a fault."""
        codes = []
        for error in body.get("errors", ()):
            code = error.get("extensions", {}).get("code")
            codes.append(str(code))
            if code in {None, "INTERNAL_ERROR"}:
                self.bugs.append(f"{code}: {error.get('message')} {error.get('extensions')}")
        self.troubles.update(codes)
        return codes

    def by_place(self) -> Iterator[tuple[tuple[LearnerId, UsageKey], list[Sent]]]:
        """Return the scores of each learner for each problem, oldest first."""
        places: dict[tuple[LearnerId, UsageKey], list[Sent]] = {}
        for one in self.sent:
            places.setdefault((one.learner_id, one.problem), []).append(one)
        yield from places.items()

    def count(self, answer: Answer) -> int:
        """Return how many scores were answered so."""
        return sum(one.answer is answer for one in self.sent)
