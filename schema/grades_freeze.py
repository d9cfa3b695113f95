"""The freeze of a course's grades: whether, since when and why they no longer change."""

from datetime import datetime
from enum import Enum
from typing import Self

import strawberry

import grading


@strawberry.enum(description="Why grades are frozen.")
class FreezeCause(Enum):
    COURSE_ENDED = strawberry.enum_value(
        "COURSE_ENDED", description="The course ended long enough ago."
    )
    SET_BY_STAFF = strawberry.enum_value("SET_BY_STAFF", description="Staff froze them.")


@strawberry.type(description="Whether, since when and why the grades of a course are frozen.")
class GradesFreeze:
    frozen: bool = strawberry.field(description="Whether every grade write is refused.")
    freezes_at: datetime | None = strawberry.field(
        description="When writes stop by the date (by default 30 days after `Course.end`), or "
        "null when never. What staff have set goes before it."
    )
    frozen_since: datetime | None = strawberry.field(
        description="When writes stopped; null where they have not."
    )
    cause: FreezeCause | None = strawberry.field(
        description="Why writes have stopped; null where they have not."
    )
    reason: str | None = strawberry.field(
        description="What staff said when they froze the grades or opened them again."
    )

    @classmethod
    def of(cls, freeze: grading.GradesFreeze, now: datetime) -> Self:
        cause = freeze.cause(now)
        return cls(
            frozen=freeze.frozen(now),
            freezes_at=freeze.freezes_at,
            frozen_since=freeze.frozen_since(now),
            cause=None if cause is None else FreezeCause[cause.name],
            reason=None if freeze.by_hand is None else freeze.by_hand.reason,
        )
