"""What each client should have got, what it got, and whether the log is what happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from db.course_grades import course_grades
from db.event_log import LoggedEvent, events_after
from db.event_log_state import BEGINNING
from grading import CourseGradeChanged, LearnerId, SubsectionGradeChanged
from schema.global_id import global_id
from tests.delivery.scenery import course_and_learners
from tests.delivery.subscriber import Subscriber
from tests.invariants import broken_rules


@dataclass(frozen=True)
class Receipt:
    """What became of the events that one client asked for."""

    subscriber: Subscriber
    expected: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many it never got."""
        return len(set(self.expected) - set(self.subscriber.seen))

    @property
    def faults(self) -> list[str]:
        """What is wrong, in words."""
        name = self.subscriber.name
        found = []
        if self.missing:
            found.append(f"{name} misses {self.missing} of {len(self.expected)} events")
        invented = len(set(self.subscriber.seen) - set(self.expected))
        if invented:
            found.append(f"{name} got {invented} events that are not in the log")
        if not found and tuple(self.subscriber.seen) != self.expected:
            found.append(f"{name} got its events in another order than the log's")
        return found


def receipt(subscriber: Subscriber, log: Sequence[LoggedEvent]) -> Receipt:
    """Compare a client with the log."""
    wanted = (event for event in log if subscriber.wish.means(event))
    return Receipt(subscriber, tuple(global_id("GradeEvent", event.id) for event in wanted))


async def committed() -> list[LoggedEvent]:
    """Read the whole log."""
    return await events_after(BEGINNING, limit=10_000_000)


async def faults_of_log(log: Sequence[LoggedEvent]) -> list[str]:
    """Tell where the log is not causal, or not what the stored grades are, or these are wrong."""
    return [*_out_of_order(log), *await _other_than_stored(log), *await broken_rules()]


def _out_of_order(log: Sequence[LoggedEvent]) -> Iterator[str]:
    versions: dict[tuple[object, ...], int] = {}
    for event in log:
        change = event.change
        part = change.usage_key if isinstance(change, SubsectionGradeChanged) else None
        place = (event.course_id, change.learner_id, type(change), part)
        if change.version <= versions.get(place, 0):
            yield f"event {event.id} has version {change.version} behind {versions[place]}"
        versions[place] = change.version


async def _other_than_stored(log: Sequence[LoggedEvent]) -> list[str]:
    course, learner_ids = await course_and_learners()
    stored = await course_grades([course.id], learner_ids)
    told: dict[LearnerId, float] = {}
    for event in log:
        if isinstance(event.change, CourseGradeChanged):
            told[event.change.learner_id] = event.change.after.percent
    return [
        f"learner {learner_id} has {grade.percent}, the log says {told.get(learner_id)}"
        for (_, learner_id), grade in stored.items()
        if grade.percent != told.get(learner_id, 0.0)
    ]
