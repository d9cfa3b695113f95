"""Clients of many kinds, each with another wish."""

from collections.abc import Sequence
from itertools import count, islice
from typing import Final

from db.event_log import LoggedEvent
from grading import CourseGradeChanged, EventKind, LearnerId, SubsectionGradeChanged
from tests.delivery.subscriber import Subscriber, Wish
from tests.delivery.transports import over_sse, over_websocket

_PASSING: Final = {EventKind.COURSE_GRADE_NOW_PASSED, EventKind.COURSE_GRADE_NOW_FAILED}
_ONE: Final = LearnerId(7)

EVERYTHING: Final = Wish("gradeEvents")
# Has to read from the database for each event.
WITH_LEARNERS: Final = Wish("gradeEvents", "learner { username } course { id }")
COURSE_GRADES: Final = Wish(
    "courseGradeChanged",
    "before { percent } after { percent }",
    means=lambda event: isinstance(event.change, CourseGradeChanged),
)
PASSING: Final = Wish(
    "gradeEvents",
    arguments=", types: [PASSING_STATUS_CHANGED]",
    means=lambda event: event.change.kind in _PASSING,
)


def _is_ones_subsection(event: LoggedEvent) -> bool:
    change = event.change
    return isinstance(change, SubsectionGradeChanged) and change.learner_id == _ONE


ONE_LEARNER: Final = Wish(
    "subsectionGradeChanged",
    "usageKey after { earned possible }",
    f', learner: {{userId: "{_ONE}"}}',
    _is_ones_subsection,
)


def audience(size: int, addresses: Sequence[str], cursor: str) -> list[Subscriber]:
    """Make so many clients; of each kind one, as far as it goes, and then again."""

    def kinds(number: int) -> list[Subscriber]:
        at = (addresses, cursor)
        return [
            Subscriber(f"socket {number}", EVERYTHING, over_websocket, *at),
            Subscriber(f"stream {number}", EVERYTHING, over_sse, *at, stores_every=10),
            Subscriber(f"learners {number}", WITH_LEARNERS, over_websocket, *at, trusting=True),
            Subscriber(f"course grades {number}", COURSE_GRADES, over_websocket, *at),
            Subscriber(f"restless {number}", EVERYTHING, over_websocket, *at, leaves_after=150),
            Subscriber(f"forgetful {number}", EVERYTHING, over_websocket, *at, stores_every=25),
            Subscriber(f"one learner {number}", ONE_LEARNER, over_sse, *at),
            Subscriber(f"learners' stream {number}", WITH_LEARNERS, over_sse, *at, trusting=True),
            Subscriber(f"passing {number}", PASSING, over_websocket, *at),
        ]

    everybody = (one for number in count(1) for one in kinds(number))
    return list(islice(everybody, size))
