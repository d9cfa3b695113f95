"""The freeze: when the grades of a course that has ended stop changing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from grading.errors import GradesFrozen


@dataclass(frozen=True, slots=True)
class GradesFreeze:
    """When grade writes of a course stop; ``freezes_at`` None for never."""

    freezes_at: datetime | None

    def frozen(self, now: datetime) -> bool:
        """Tell whether writes have stopped."""
        return self.freezes_at is not None and now > self.freezes_at

    def require_open(self, now: datetime) -> None:
        """Refuse a write when grades are frozen.

        :raises GradesFrozen: if they are.
        """
        if self.freezes_at is not None and self.frozen(now):
            since = self.freezes_at.astimezone(UTC)
            raise GradesFrozen(
                f"The grades of this course are frozen since {since:%Y-%m-%d %H:%M} UTC.",
                frozen_since=self.freezes_at,
            )


def freeze_of(end: datetime | None, after: timedelta | None) -> GradesFreeze:
    """Return the freeze of a course that ends at ``end``; ``after`` None turns freezing off."""
    if end is None or after is None:
        return GradesFreeze(None)
    try:
        return GradesFreeze(end + after)
    except OverflowError:  # authors write 9999-12-31 for "never"
        return GradesFreeze(None)
