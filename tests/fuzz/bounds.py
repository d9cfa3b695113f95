"""Reading something hostile within bounds of time and memory."""

import resource
import time
from collections.abc import Callable
from typing import Final, TypeVar

from grading import GradingError

T = TypeVar("T")

LONGEST: Final = 5.0  # seconds of this process's time for one file; a whole course takes 0.05
MOST: Final = 300_000  # kilobytes by which this process may grow


def read_or_refused(read: Callable[[], T]) -> T | GradingError:
    """Return what was read, or why it was refused: in words, and in time."""
    began = time.process_time()
    try:
        outcome: T | GradingError = read()
    except GradingError as refusal:
        outcome = refusal
    if isinstance(outcome, GradingError):
        assert outcome.message
        assert outcome.code
    assert time.process_time() - began < LONGEST
    return outcome


def most_memory() -> int:
    """Return the most kilobytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
