"""Course grades: what is stored of a computation, and when a new one replaces it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grading.algorithm import Algorithm
from grading.computation import Computation
from grading.content import CourseContent
from grading.keys import CourseKey, LearnerId


class PassingStatus(StrEnum):
    """Where a learner stands in a course."""

    NOT_ATTEMPTED = "NOT_ATTEMPTED"
    FAILING = "FAILING"
    PASSING = "PASSING"


class Staleness(StrEnum):
    """Why a stored grade may not be what a new computation would give."""

    GRADING_POLICY_CHANGED = "GRADING_POLICY_CHANGED"
    COURSE_CONTENT_CHANGED = "COURSE_CONTENT_CHANGED"


@dataclass(frozen=True, slots=True)
class CourseGrade:
    """One learner's grade in one course, as stored, or the zero grade (``version`` 0).

    ``percent`` is the rounded fraction that letters and passing are decided by, ``unrounded`` the
    sum it was rounded from. ``passed_at`` is the first time passed, kept after a later fail.
    ``concealed`` when all of it is hidden from who looks: the figures then stand for nothing.
    """

    course_key: CourseKey
    learner_id: LearnerId
    percent: float
    unrounded: float
    letter_grade: str | None
    passed: bool
    passed_at: datetime | None
    algorithm: Algorithm
    grading_policy_hash: str
    course_version: str
    version: int = 0
    last_updated: datetime | None = None
    concealed: bool = False

    @property
    def persisted(self) -> bool:
        """Tell whether this grade is a stored one."""
        return self.version > 0

    @property
    def attempted(self) -> bool:
        """Tell whether the learner did anything: only then is a grade stored."""
        return self.persisted

    @property
    def passing_status(self) -> PassingStatus:
        """Return where the learner stands."""
        if not self.attempted or self.concealed:
            return PassingStatus.NOT_ATTEMPTED
        return PassingStatus.PASSING if self.passed else PassingStatus.FAILING

    def staleness(
        self, present: CourseContent, then: CourseContent | None = None
    ) -> tuple[Staleness, ...]:
        """Return what changed since this grade was computed; nothing for the zero grade.

        ``then`` is the version that it was computed with: without it, content that has changed
        together with the policy is not told.
        """
        if not self.persisted or self.course_version == present.version:
            return ()
        reasons = []
        if self.grading_policy_hash != present.policy.hash or self.algorithm != present.algorithm:
            reasons.append(Staleness.GRADING_POLICY_CHANGED)
        # Versions that differ in nothing else differ in their structure.
        if not reasons or (then is not None and then.structure != present.structure):
            reasons.append(Staleness.COURSE_CONTENT_CHANGED)
        return tuple(reasons)


def zero_course_grade(content: CourseContent, learner_id: LearnerId) -> CourseGrade:
    """Return the grade of a learner for whom nothing is stored: 0, no letter, not passed."""
    return CourseGrade(
        course_key=content.course_key,
        learner_id=learner_id,
        percent=0.0,
        unrounded=0.0,
        letter_grade=None,
        passed=False,
        passed_at=None,
        algorithm=content.algorithm,
        grading_policy_hash=content.policy.hash,
        course_version=content.version,
    )


def revised_course_grade(
    previous: CourseGrade, computation: Computation, content: CourseContent, *, now: datetime
) -> CourseGrade:
    """Return the grade that replaces ``previous``: itself, where the computation changes nothing.

    A new version and ``last_updated`` come only with a new value. Content and policy that lead to
    the same value are noted without them.
    """
    passed_at = previous.passed_at or (now if computation.passed else None)
    values = (
        computation.percent,
        computation.unrounded,
        computation.letter_grade,
        computation.passed,
        passed_at,
    )
    unchanged = previous.persisted and values == _values(previous)
    return CourseGrade(
        previous.course_key,
        previous.learner_id,
        *values,
        algorithm=content.algorithm,
        grading_policy_hash=content.policy.hash,
        course_version=content.version,
        version=previous.version if unchanged else previous.version + 1,
        last_updated=previous.last_updated if unchanged else now,
        concealed=previous.concealed,
    )


def _values(grade: CourseGrade) -> tuple[float, float, str | None, bool, datetime | None]:
    return (grade.percent, grade.unrounded, grade.letter_grade, grade.passed, grade.passed_at)
