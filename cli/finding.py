"""What ``doctor`` finds: a verdict, a sentence, and what to do about it."""

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """How bad it is. What is wrong does not work, or may lose data."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "WRONG"


class Finding(NamedTuple):
    """What was looked at, and what was found."""

    verdict: Verdict
    sentence: str


def fine(sentence: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(Verdict.FINE, sentence)


def note(sentence: str, hint: str) -> Finding:
    """Say what somebody should know, and what they could do."""
    return Finding(Verdict.NOTE, f"{sentence} {hint}")


def wrong(sentence: str, hint: str) -> Finding:
    """Say what is wrong, and how to mend it."""
    return Finding(Verdict.WRONG, f"{sentence} {hint}")
