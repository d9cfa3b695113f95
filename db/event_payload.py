"""How the change that an event tells is written into a column, and read back."""

from collections.abc import Sequence
from typing import TypeAlias

import orjson

from grading import (
    CourseGradeChanged,
    CourseGradeSnapshot,
    EventKind,
    GradeChange,
    LearnerId,
    PassingStatus,
    PassingStatusChanged,
    Points,
    SeenGrades,
    SubsectionGradeChanged,
    UsageKey,
)

_GradeBody: TypeAlias = tuple[float, str | None, bool, str]


def payload_of(change: GradeChange) -> str:
    """Write what an event says beside its columns, as JSON."""
    body: dict[str, object]
    match change:
        case SubsectionGradeChanged():
            body = {
                "usage_key": change.usage_key,
                "before": _points_body(change.before),
                "after": _points_body(change.after),
            }
        case CourseGradeChanged():
            body = {
                "before": _grade_body(change.before),
                "after": _grade_body(change.after),
                "first_time_passed": change.first_time_passed,
            }
            if change.seen is not None:
                seen = change.seen
                body["seen"] = [_grade_body(seen.before), _grade_body(seen.after)]
                body["seen_alone"] = seen.alone
        case PassingStatusChanged():
            body = {
                "before": change.before.value,
                "after": change.after.value,
                "first_time_passed": change.first_time_passed,
            }
            if change.seen is not None:
                body["seen"] = [status.value for status in change.seen]
    return orjson.dumps(body).decode()


def change_of(kind: EventKind, learner_id: LearnerId, version: int, payload: str) -> GradeChange:
    """Read a change back, equal to the one that was written."""
    body = orjson.loads(payload)
    match kind:
        case EventKind.SUBSECTION_GRADE_CHANGED:
            return SubsectionGradeChanged(
                learner_id,
                version,
                UsageKey(body["usage_key"]),
                None if body["before"] is None else Points(*body["before"]),
                Points(*body["after"]),
            )
        case EventKind.COURSE_GRADE_CHANGED:
            return CourseGradeChanged(
                learner_id,
                version,
                None if body["before"] is None else _grade(body["before"]),
                _grade(body["after"]),
                body["first_time_passed"],
                _seen_grades(body.get("seen"), alone=body.get("seen_alone", False)),
            )
        case EventKind.COURSE_GRADE_NOW_PASSED | EventKind.COURSE_GRADE_NOW_FAILED:
            return PassingStatusChanged(
                learner_id,
                version,
                PassingStatus(body["before"]),
                PassingStatus(body["after"]),
                body["first_time_passed"],
                _seen_statuses(body.get("seen")),
            )


def _points_body(points: Points | None) -> list[float] | None:
    return None if points is None else [points.earned, points.possible]


def _grade_body(grade: CourseGradeSnapshot | None) -> list[object] | None:
    if grade is None:
        return None
    return [grade.percent, grade.letter_grade, grade.passed, grade.passing_status.value]


def _grade(body: _GradeBody) -> CourseGradeSnapshot:
    percent, letter_grade, passed, passing_status = body
    return CourseGradeSnapshot(percent, letter_grade, passed, PassingStatus(passing_status))


def _seen_grades(body: Sequence[_GradeBody | None] | None, *, alone: bool) -> SeenGrades | None:
    if body is None:
        return None
    before, after = (None if grade is None else _grade(grade) for grade in body)
    return SeenGrades(before, after, alone)


def _seen_statuses(body: Sequence[str] | None) -> tuple[PassingStatus, PassingStatus] | None:
    if body is None:
        return None
    before, after = body
    return PassingStatus(before), PassingStatus(after)
