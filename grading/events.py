"""What a regrade tells the world: a change, one fact an event, in causal order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from grading.course_grade import CourseGrade, PassingStatus
from grading.keys import LearnerId, UsageKey
from grading.subsection_grade import SubsectionGrade


class EventKind(StrEnum):
    """The kinds of events, by the names that Open edX's signals have."""

    SUBSECTION_GRADE_CHANGED = "SUBSECTION_GRADE_CHANGED"
    COURSE_GRADE_CHANGED = "COURSE_GRADE_CHANGED"
    COURSE_GRADE_NOW_PASSED = "COURSE_GRADE_NOW_PASSED"
    COURSE_GRADE_NOW_FAILED = "COURSE_GRADE_NOW_FAILED"


class Cause(StrEnum):
    """What made a grade change."""

    SCORE_RECORDED = "SCORE_RECORDED"
    OVERRIDE_SET = "OVERRIDE_SET"
    OVERRIDE_REMOVED = "OVERRIDE_REMOVED"
    GRADE_UPDATED = "GRADE_UPDATED"
    COURSE_CONTENT_CHANGED = "COURSE_CONTENT_CHANGED"
    GRADING_POLICY_CHANGED = "GRADING_POLICY_CHANGED"
    BULK_IMPORT = "BULK_IMPORT"


class Points(NamedTuple):
    """Graded points of a subsection as they were at one moment."""

    earned: float
    possible: float


@dataclass(frozen=True, slots=True)
class CourseGradeSnapshot:
    """A course grade as it was at one moment."""

    percent: float
    letter_grade: str | None
    passed: bool
    passing_status: PassingStatus


@dataclass(frozen=True, slots=True)
class SeenGrades:
    """What the learner could see of a course grade before and after a change, while part of it
    was hidden; None for nothing. ``alone`` where nothing changed but that.
    """

    before: CourseGradeSnapshot | None
    after: CourseGradeSnapshot | None
    alone: bool = False

    @property
    def statuses(self) -> tuple[PassingStatus, PassingStatus]:
        """Return where the learner saw to stand before and after."""
        before, after = (
            PassingStatus.NOT_ATTEMPTED if grade is None else grade.passing_status
            for grade in (self.before, self.after)
        )
        return before, after


class SubsectionGradeChanged(NamedTuple):
    """A subsection's grade has other points, or its first attempt; ``before`` None for new."""

    learner_id: LearnerId
    version: int
    usage_key: UsageKey
    before: Points | None
    after: Points

    @property
    def kind(self) -> EventKind:
        """Return which kind of event this is."""
        return EventKind.SUBSECTION_GRADE_CHANGED

    @property
    def seen_only(self) -> bool:
        """Tell whether nothing changed but what the learner sees: never, of points."""
        return False


@dataclass(frozen=True, slots=True)
class CourseGradeChanged:
    """A course grade has another value; ``before`` None for the first one.

    ``first_time_passed`` is true once in a learner's life in a course. ``seen`` is given where
    the learner saw another grade than this.
    """

    learner_id: LearnerId
    version: int
    before: CourseGradeSnapshot | None
    after: CourseGradeSnapshot
    first_time_passed: bool
    seen: SeenGrades | None = None

    @property
    def kind(self) -> EventKind:
        """Return which kind of event this is."""
        return EventKind.COURSE_GRADE_CHANGED

    @property
    def seen_only(self) -> bool:
        """Tell whether nothing changed but what the learner sees."""
        return self.seen is not None and self.seen.alone

    def passing_status(self) -> "PassingStatusChanged":
        """Return where the learner stood and stands, which may be the same."""
        return PassingStatusChanged(
            self.learner_id,
            self.version,
            PassingStatus.NOT_ATTEMPTED if self.before is None else self.before.passing_status,
            self.after.passing_status,
            self.first_time_passed,
            None if self.seen is None else self.seen.statuses,
        )

    def as_seen(self) -> "CourseGradeChanged | None":
        """Return the change that the learner saw, None where there was nothing to see."""
        if self.seen is None:
            return self
        before, after = self.seen.before, self.seen.after
        if after is None or before == after:
            return None
        # Whether it is the first time depends on what was hidden then.
        return CourseGradeChanged(
            self.learner_id, self.version, before, after, first_time_passed=False
        )


@dataclass(frozen=True, slots=True)
class PassingStatusChanged:
    """A learner stands elsewhere than before; the first computed grade counts as a change.

    ``first_time_passed`` is true once in a learner's life in a course. ``seen`` is where the
    learner saw to stand before and after, while part of the grade was hidden.
    """

    learner_id: LearnerId
    version: int
    before: PassingStatus
    after: PassingStatus
    first_time_passed: bool
    seen: tuple[PassingStatus, PassingStatus] | None = None

    @property
    def kind(self) -> EventKind:
        """Return which kind of event this is: NOW_PASSED or NOW_FAILED."""
        if self.after is PassingStatus.PASSING:
            return EventKind.COURSE_GRADE_NOW_PASSED
        return EventKind.COURSE_GRADE_NOW_FAILED

    @property
    def seen_only(self) -> bool:
        """Tell whether nothing changed but what the learner sees."""
        return self.before is self.after

    def as_seen(self) -> "PassingStatusChanged | None":
        """Return the change that the learner saw, None where there was nothing to see."""
        if self.seen is None:
            return self
        before, after = self.seen
        if before is after:
            return None
        return PassingStatusChanged(
            self.learner_id, self.version, before, after, first_time_passed=False
        )


GradeChange = SubsectionGradeChanged | CourseGradeChanged | PassingStatusChanged


def subsection_changes(
    learner_id: LearnerId,
    before: Mapping[UsageKey, SubsectionGrade],
    after: Mapping[UsageKey, SubsectionGrade],
) -> Iterator[SubsectionGradeChanged]:
    """Yield a change for every subsection that has a new version."""
    for usage_key, grade in after.items():
        previous = before.get(usage_key)
        if previous is not None and previous.version == grade.version:
            continue
        yield SubsectionGradeChanged(
            learner_id,
            grade.version,
            usage_key,
            None if previous is None else _points(previous),
            _points(grade),
        )


def course_changes(
    before: CourseGrade, after: CourseGrade, seen: SeenGrades | None = None
) -> Iterator[CourseGradeChanged | PassingStatusChanged]:
    """Yield what happened to a course grade between two versions, nothing if they are the same.

    What the learner sees of them may change where they do not, and is told the same way.
    """
    alone = before.version == after.version
    if alone and (seen is None or seen.before == seen.after):
        return
    changed = CourseGradeChanged(
        after.learner_id,
        after.version,
        snapshot(before) if before.persisted else None,
        snapshot(after),
        first_time_passed=before.passed_at is None and after.passed,
        seen=None if seen is None else replace(seen, alone=alone),
    )
    yield changed
    seen_before, seen_after = (None, None) if seen is None else seen.statuses
    if before.passing_status is not after.passing_status or seen_before is not seen_after:
        yield changed.passing_status()


def snapshot(grade: CourseGrade) -> CourseGradeSnapshot:
    """Return what an event says of a course grade."""
    return CourseGradeSnapshot(
        grade.percent, grade.letter_grade, grade.passed, grade.passing_status
    )


def _points(grade: SubsectionGrade) -> Points:
    total = grade.graded_total
    return Points(total.earned, total.possible)
