"""What is compared: the servers' names, and for each subject how far ahead CourseGrade is to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

OURS: Final = "CourseGrade"
FLOOR: Final = "floor"
MERCURIUS: Final = "Mercurius"
POSTGRAPHILE: Final = "PostGraphile"
NAIVE: Final = "naive Strawberry"
STOCK: Final = "stock Strawberry"
ARITHMETIC: Final = "of it arithmetic"
BULK_WRITE: Final = "of it bulk write"
OBJECTS: Final = "Tortoise objects, scaled"


@dataclass(frozen=True)
class Subject:
    """Something that CourseGrade and others do.

    ``goals`` are ratios of CPU time, the other's to ours. Where a subject is ``timed`` they are
    ratios of elapsed time as well, and have to be reached in both.
    """

    name: str
    title: str
    goals: Mapping[str, float] = field(default_factory=dict)
    timed: bool = False


_FANOUT_GOALS: Final = {FLOOR: 1 / 1.2, STOCK: 10.0}

FANOUT: Final = Subject("W6", "a score told to all subscribers", _FANOUT_GOALS, timed=True)
DELIVERY: Final = Subject("W6'", "the same without the mutation", _FANOUT_GOALS, timed=True)
REGRADE: Final = Subject("W7", "a forced regrade", {FLOOR: 1 / 3, OBJECTS: 20.0}, timed=True)
