"""The freeze: when, and why, the grades of a course stop changing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from grading.errors import GradesFrozen


class FreezeCause(StrEnum):
    """Why grades are frozen."""

    COURSE_ENDED = "COURSE_ENDED"
    SET_BY_STAFF = "SET_BY_STAFF"


@dataclass(frozen=True, slots=True)
class FreezeByHand:
    """What staff have set: frozen or open, whatever the date. ``by`` is a user name."""

    frozen: bool
    since: datetime
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class GradesFreeze:
    """When grade writes of a course stop; ``freezes_at`` None for never, by its date.

    What staff have set by hand goes before the date.
    """

    freezes_at: datetime | None
    by_hand: FreezeByHand | None = None

    def frozen(self, now: datetime) -> bool:
        """Tell whether writes have stopped."""
        return self.frozen_since(now) is not None

    def frozen_since(self, now: datetime) -> datetime | None:
        """Return when writes stopped, None where they have not."""
        if self.by_hand is not None:
            return self.by_hand.since if self.by_hand.frozen else None
        if self.freezes_at is not None and now > self.freezes_at:
            return self.freezes_at
        return None

    def cause(self, now: datetime) -> FreezeCause | None:
        """Return why writes have stopped, None where they have not."""
        if not self.frozen(now):
            return None
        return FreezeCause.COURSE_ENDED if self.by_hand is None else FreezeCause.SET_BY_STAFF

    def require_open(self, now: datetime) -> None:
        """Refuse a write when grades are frozen.

        :raises GradesFrozen: if they are.
        """
        if (since := self.frozen_since(now)) is None:
            return
        why = "because the course has ended"
        if self.by_hand is not None:
            why = "by staff"
            if self.by_hand.reason:
                why += f" ({self.by_hand.reason})"
        raise GradesFrozen(
            f"The grades of this course are frozen since {since.astimezone(UTC):%Y-%m-%d %H:%M} "
            f"UTC, {why}.",
            frozen_since=since,
        )


def freeze_of(
    end: datetime | None, after: timedelta | None, by_hand: FreezeByHand | None = None
) -> GradesFreeze:
    """Return the freeze of a course that ends at ``end``; ``after`` None for none by the date."""
    if end is None or after is None:
        return GradesFreeze(None, by_hand)
    try:
        return GradesFreeze(end + after, by_hand)
    except OverflowError:  # authors write 9999-12-31 for "never"
        return GradesFreeze(None, by_hand)
