"""The demonstration course: a small course of our own, its learners, and what they did so far."""

from pathlib import Path
from typing import Final

_FOLDER = Path(__file__).parent

COURSE: Final = _FOLDER / "course"
LEARNERS: Final = _FOLDER / "learners.csv"
SCORES: Final = _FOLDER / "scores.csv"
