"""The bench's course graded by hand, as somebody would who needs this one course only."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

# First subsection, step, how many are expected, how many are dropped, weight.
_TYPES: Final = ((0, 2, 12, 2, 0.3), (1, 2, 12, 2, 0.2), (28, 30, 1, 0, 0.2), (29, 30, 1, 0, 0.3))
_LETTERS: Final = ((0.9, "A"), (0.8, "B"), (0.7, "C"), (0.6, "D"))


class ClassGrade(NamedTuple):
    """What a course grade consists of."""

    unrounded: float
    percent: float
    letter: str | None
    passed: bool


def class_grade(percents: Sequence[float]) -> ClassGrade:
    """Grade the percents of the class's thirty subsections, in course order."""
    unrounded = 0.0
    for first, step, expected, drops, weight in _TYPES:
        last = 28 if step == 2 else first + 1
        found = sorted(percents[first:last:step], reverse=True)
        found += [0.0] * (expected - len(found))
        kept = found[: len(found) - drops]
        unrounded += sum(kept) / len(kept) * weight
    percent = math.floor(unrounded * 100 + 0.05 + 0.5) / 100
    for least, letter in _LETTERS:
        if percent >= least:
            return ClassGrade(unrounded, percent, letter, passed=True)
    return ClassGrade(unrounded, percent, None, passed=False)
