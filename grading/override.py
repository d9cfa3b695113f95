"""Overrides: what staff put in the place of a subsection's computed points."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OverrideSystem(StrEnum):
    """Which part of the platform an override comes from."""

    GRADEBOOK = "GRADEBOOK"
    PROCTORING = "PROCTORING"
    BULK_IMPORT = "BULK_IMPORT"
    API = "API"


class OverrideAction(StrEnum):
    """What was done to an override."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class SubsectionGradeOverride:
    """Staff's replacement for a subsection's points; a part that is None follows the work.

    ``overridden_by`` is a user name. The times are None until it is stored.
    """

    earned_all: float | None = None
    possible_all: float | None = None
    earned_graded: float | None = None
    possible_graded: float | None = None
    system: OverrideSystem = OverrideSystem.GRADEBOOK
    reason: str | None = None
    overridden_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def points(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Return what counts: points earned and possible, of all problems and of graded ones."""
        return (self.earned_all, self.possible_all, self.earned_graded, self.possible_graded)
