"""The demonstration course: a course of our own, its people, and what they did so far."""

from pathlib import Path
from typing import Final

_FOLDER = Path(__file__).parent

COURSE: Final = _FOLDER / "course"
LEARNERS: Final = _FOLDER / "learners.csv"
SCORES: Final = _FOLDER / "scores.csv"
ROLES: Final = _FOLDER / "roles.csv"
