"""Why a question or a change is refused.

The tree, with the code that clients see::

    GradingError
    ├── InvalidInput              INVALID_INPUT
    │   ├── MalformedKey          INVALID_INPUT
    │   └── MalformedCursor       INVALID_INPUT
    ├── CursorExpired             CURSOR_EXPIRED
    ├── TooManyItems              TOO_MANY_ITEMS
    ├── DuplicateItem             DUPLICATE_ITEM
    ├── Forbidden                 FORBIDDEN
    ├── CourseNotFound            COURSE_NOT_FOUND
    ├── LearnerNotFound           LEARNER_NOT_FOUND
    ├── LearnerNotEnrolled        LEARNER_NOT_ENROLLED
    ├── SubsectionNotFound        SUBSECTION_NOT_FOUND
    ├── BlockNotFound             BLOCK_NOT_FOUND
    ├── InvalidCourse             INVALID_COURSE
    ├── InvalidGradingPolicy      INVALID_GRADING_POLICY
    ├── ScoreOutOfRange           SCORE_OUT_OF_RANGE
    ├── ScoreOutdated             SCORE_OUTDATED
    ├── JobNotFound               JOB_NOT_FOUND
    ├── ExportNotReady            EXPORT_NOT_READY
    ├── ExportExpired             EXPORT_EXPIRED
    ├── FormatUnavailable         FORMAT_UNAVAILABLE
    ├── OverrideNotFound          OVERRIDE_NOT_FOUND
    ├── WebhookNotFound           WEBHOOK_NOT_FOUND
    ├── VersionConflict           VERSION_CONFLICT
    ├── PolicyConflict            VERSION_CONFLICT
    ├── IdempotencyKeyReused      IDEMPOTENCY_KEY_REUSED
    ├── GradesFrozen              GRADES_FROZEN
    └── ComputationFailed         COMPUTATION_FAILED
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from grading.keys import LearnerId, UsageKey


class GradingError(Exception):
    """A refusal that a person can understand and often mend.

    ``field`` is the path into the input that caused it, or None when it is not about one field.
    """

    code: ClassVar[str] = "COMPUTATION_FAILED"

    def __init__(self, message: str, *, field: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = None if field is None else tuple(field)


class InvalidInput(GradingError):
    """An argument that no state of the store could make acceptable."""

    code = "INVALID_INPUT"


class MalformedKey(InvalidInput):
    """Text that is no course key or usage key."""


class MalformedCursor(InvalidInput):
    """A paging cursor that this service did not make."""


class CursorExpired(GradingError):
    """A cursor from before what the event log still holds, or from another life of it."""

    code = "CURSOR_EXPIRED"


class TooManyItems(GradingError):
    """A list that is longer than one request may be."""

    code = "TOO_MANY_ITEMS"


class DuplicateItem(GradingError):
    """The same thing asked for twice in one request."""

    code = "DUPLICATE_ITEM"


class Forbidden(GradingError):
    """A change that the viewer has no right to make."""

    code = "FORBIDDEN"


class CourseNotFound(GradingError):
    """No course of this key, or none that the viewer may know of."""

    code = "COURSE_NOT_FOUND"


class LearnerNotFound(GradingError):
    """No learner of this name, id or key."""

    code = "LEARNER_NOT_FOUND"


class LearnerNotEnrolled(GradingError):
    """The learner exists but was never enrolled in this course."""

    code = "LEARNER_NOT_ENROLLED"


class SubsectionNotFound(GradingError):
    """No subsection of this key in the present course version."""

    code = "SUBSECTION_NOT_FOUND"


class BlockNotFound(GradingError):
    """No scorable block of this key in the present course version."""

    code = "BLOCK_NOT_FOUND"


class _Faulty(GradingError):
    """A document with faults, all of them named."""

    subject: ClassVar[str]

    def __init__(self, faults: Sequence[str], *, field: Sequence[str] | None = None) -> None:
        super().__init__(f"The {self.subject} is not valid: {' '.join(faults)}", field=field)
        self.faults = tuple(faults)


class InvalidCourse(_Faulty):
    """A course document that cannot be published."""

    code = "INVALID_COURSE"
    subject = "course"


class InvalidGradingPolicy(_Faulty):
    """A grading policy that cannot grade anything."""

    code = "INVALID_GRADING_POLICY"
    subject = "grading policy"


class ScoreOutOfRange(GradingError):
    """A score below its minimum, above its maximum, or not a finite number."""

    code = "SCORE_OUT_OF_RANGE"

    def __init__(
        self,
        message: str,
        *,
        minimum: float,
        maximum: float | None,
        field: Sequence[str] | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.minimum = minimum
        self.maximum = maximum


class ScoreOutdated(GradingError):
    """A score that is older than the stored one."""

    code = "SCORE_OUTDATED"


class JobNotFound(GradingError):
    """No such job, or none that the viewer may know of."""

    code = "JOB_NOT_FOUND"


class ExportNotReady(GradingError):
    """An export whose file is not complete, or never will be."""

    code = "EXPORT_NOT_READY"


class ExportExpired(GradingError):
    """An export whose file is no longer kept."""

    code = "EXPORT_EXPIRED"


class FormatUnavailable(GradingError):
    """A file format whose library is not installed here."""

    code = "FORMAT_UNAVAILABLE"


class OverrideNotFound(GradingError):
    """No override to remove."""

    code = "OVERRIDE_NOT_FOUND"


class WebhookNotFound(GradingError):
    """No webhook of this id, or none that the viewer may know of."""

    code = "WEBHOOK_NOT_FOUND"


class VersionConflict(GradingError):
    """Somebody else wrote first: the stored grade has ``current_version``, not the one expected.

    ``usage_key`` is the subsection whose grade it is, None for the course grade.
    """

    code = "VERSION_CONFLICT"

    def __init__(
        self,
        message: str,
        *,
        current_version: int,
        learner_id: "LearnerId",
        usage_key: "UsageKey | None" = None,
        field: Sequence[str] | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.current_version = current_version
        self.learner_id = learner_id
        self.usage_key = usage_key


class PolicyConflict(GradingError):
    """Somebody else changed the policy first: it is not the one that the change was made from."""

    code = "VERSION_CONFLICT"


class IdempotencyKeyReused(GradingError):
    """An idempotency key that was sent with another input before."""

    code = "IDEMPOTENCY_KEY_REUSED"


class GradesFrozen(GradingError):
    """The grades of the course no longer change."""

    code = "GRADES_FROZEN"

    def __init__(
        self, message: str, *, frozen_since: datetime, field: Sequence[str] | None = None
    ) -> None:
        super().__init__(message, field=field)
        self.frozen_since = frozen_since


class ComputationFailed(GradingError):
    """A grade that could not be computed, for a reason that is in the log."""

    code = "COMPUTATION_FAILED"
