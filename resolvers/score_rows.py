"""The rows of a scores file, checked against the store: entries to record, or refused lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from db.courses import StoredCourse, present_courses
from db.enrollments import enrollments
from db.learners import Learner, learners_by_id, learners_by_name
from formats.csv_rows import RefusedLine
from formats.scores_csv import ScoreRow
from grading import (
    BlockNotFound,
    CourseKey,
    CourseNotFound,
    DuplicateItem,
    GradesFrozen,
    GradingError,
    InvalidInput,
    LearnerId,
    LearnerNotEnrolled,
    LearnerNotFound,
    UsageKey,
)
from resolvers.context import Context
from resolvers.courses import freeze
from resolvers.score_recording import ScoreEntry
from resolvers.scores import fault_of


class EntryOfLine(NamedTuple):
    """A score that can be recorded, with its course and its line in the file."""

    line: int
    course_id: int
    entry: ScoreEntry


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """What is right and what is wrong in a batch of rows, each in file order."""

    entries: list[EntryOfLine] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)


async def check_rows(
    context: Context, rows: Sequence[ScoreRow | RefusedLine], *, now: datetime
) -> CheckedRows:
    """Check rows in a handful of statements, however many they are; nothing is stored."""
    known = await _look_up(context, [row for row in rows if isinstance(row, ScoreRow)], now)
    checked = CheckedRows()
    for row in rows:
        if isinstance(row, RefusedLine):
            checked.refused.append(row)
            continue
        try:
            checked.entries.append(known.entry_of(row))
        except GradingError as error:
            checked.refused.append(RefusedLine(row.line, error.message, error.code))
    return checked


async def _look_up(context: Context, rows: Sequence[ScoreRow], now: datetime) -> "_Known":
    courses = await present_courses({row.course_key for row in rows})
    by_id = await learners_by_id({row.user_id for row in rows if row.user_id is not None})
    names = {row.username for row in rows if row.user_id is None and row.username is not None}
    by_name = await learners_by_name("username", names) if names else {}
    enrolled = await enrollments(
        [course.id for course in courses.values()],
        {*by_id, *(learner.id for learner in by_name.values())},
    )
    return _Known(courses, _frozen(context, courses.values(), now), by_id, by_name, set(enrolled))


def _frozen(
    context: Context, courses: Iterable[StoredCourse], now: datetime
) -> dict[CourseKey, GradesFrozen]:
    refusals = {}
    for course in courses:
        try:
            freeze(context, course).require_open(now)
        except GradesFrozen as error:
            refusals[course.key] = error
    return refusals


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of all that a batch of rows names, and the scores met in it so far."""

    courses: dict[CourseKey, StoredCourse]
    frozen: dict[CourseKey, GradesFrozen]
    by_id: dict[LearnerId, Learner]
    by_name: dict[str, Learner]
    enrolled: set[tuple[int, LearnerId]]
    met: dict[tuple[LearnerId, UsageKey, datetime], ScoreRow] = field(default_factory=dict)

    def entry_of(self, row: ScoreRow) -> EntryOfLine:
        course = self._course(row)
        learner = self._learner(row)
        if (course.id, learner.id) not in self.enrolled:
            raise LearnerNotEnrolled(
                f"Learner {learner.username!r} is not enrolled in {course.key}."
            )
        if fault := fault_of(row.raw_earned, row.raw_possible, None):
            raise fault
        # Of two scores at one moment neither is the later: the next import would swap them.
        twin = self.met.setdefault((learner.id, row.usage_key, row.scored_at), row)
        if (twin.raw_earned, twin.raw_possible) != (row.raw_earned, row.raw_possible):
            raise DuplicateItem(
                f"Line {twin.line} has another score of the same learner, problem and time."
            )
        entry = ScoreEntry(
            learner.id, row.usage_key, row.raw_earned, row.raw_possible, row.scored_at
        )
        return EntryOfLine(row.line, course.id, entry)

    def _course(self, row: ScoreRow) -> StoredCourse:
        course = self.courses.get(row.course_key)
        if course is None:
            raise CourseNotFound(f"There is no course {row.course_key}.")
        if row.course_key in self.frozen:
            raise self.frozen[row.course_key]
        if row.usage_key not in course.content.problems:
            raise BlockNotFound(
                f"{row.usage_key} is no problem in the present version of {course.key}."
            )
        return course

    def _learner(self, row: ScoreRow) -> Learner:
        if row.user_id is None:
            learner = self.by_name.get(row.username or "")
            if learner is None:
                raise LearnerNotFound(f"There is no learner whose username is {row.username!r}.")
            return learner
        learner = self.by_id.get(row.user_id)
        if learner is None:
            raise LearnerNotFound(f"There is no learner whose user_id is {row.user_id}.")
        if row.username is not None and row.username != learner.username:
            raise InvalidInput(
                f"The learner whose user_id is {row.user_id} is {learner.username!r}, "
                f"not {row.username!r}."
            )
        return learner
