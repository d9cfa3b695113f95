"""Importing learners: the rows of a file checked against each other and the store, then stored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from db.course_roles import CourseRole, course_roles, save_course_roles
from db.courses import StoredCourse, present_courses
from db.enrollments import Enrollment, enrollments, save_enrollments
from db.learners import Learner, LearnerName, learners_by_id, learners_by_name, save_learners
from formats.csv_rows import RefusedLine
from formats.learners_csv import LearnerRow
from grading import (
    CourseKey,
    CourseNotFound,
    DuplicateItem,
    GradingError,
    InvalidInput,
    LearnerId,
)
from resolvers import access
from resolvers.context import Context
from resolvers.courses import require_course
from resolvers.progress import Progress, batches, unseen

BATCH: Final = 5_000  # rows checked, and rows stored, at a time

_UNIQUE: Final = ("username", "external_user_key")
_ABOUT_LEARNERS: Final = (*_UNIQUE, "full_name", "email")


@dataclass(frozen=True, slots=True)
class LearnersImported:
    """What became of a file of learners; ``stored`` false where refused lines stopped it."""

    stored: bool
    lines: int
    refused: tuple[RefusedLine, ...] = ()
    learners_added: int = 0
    learners_updated: int = 0
    enrollments_added: int = 0
    enrollments_updated: int = 0
    roles_added: int = 0
    lines_without_course: int = 0


async def import_learners(
    context: Context,
    rows: Iterable[LearnerRow | RefusedLine],
    *,
    default_course: CourseKey | None = None,
    keep_going: bool = False,
    progress: Progress = unseen,
) -> LearnersImported:
    """Store learners, enrollments and roles: all, or with ``keep_going`` all that are right.

    ``default_course`` is the course of rows that name none. What a row does not say of a learner
    stays as it is stored. ``progress`` counts lines.

    :raises Forbidden: if the viewer may not change everything.
    :raises CourseNotFound: if there is no default course of this key.
    """
    access.require_global_staff(context.viewer)
    if default_course is not None:
        await require_course(context, default_course)
    roster = _Roster(default_course)
    for batch in batches(rows, BATCH):
        await roster.take(batch)
        progress(roster.lines, None)
    if roster.refused and not keep_going:
        return LearnersImported(stored=False, lines=roster.lines, refused=tuple(roster.refused))
    return await _store(context, roster)


async def _store(context: Context, roster: "_Roster") -> LearnersImported:
    now = context.now()
    learners, enrolled = roster.learners_to_store(), roster.enrollments_to_store()
    roles = roster.roles_to_store()
    for batch in batches(learners, BATCH):
        await save_learners(batch, now=now)
    for part in batches(enrolled, BATCH):
        await save_enrollments(part, now=now)
    for some in batches(roles, BATCH):
        await save_course_roles(some, now=now)
    context.forget_reads()
    learners_added = sum(one.id not in roster.stored_learners for one in learners)
    enrollments_added = sum(
        (one.course_id, one.learner_id) not in roster.stored_enrollments for one in enrolled
    )
    return LearnersImported(
        stored=True,
        lines=roster.lines,
        refused=tuple(roster.refused),
        learners_added=learners_added,
        learners_updated=len(learners) - learners_added,
        enrollments_added=enrollments_added,
        enrollments_updated=len(enrolled) - enrollments_added,
        roles_added=len(roles),
        lines_without_course=roster.lines_without_course,
    )


class _Roster:
    """What the rows so far ask for, beside what is stored of the same learners."""

    def __init__(self, default_course: CourseKey | None) -> None:
        self.lines = 0
        self.lines_without_course = 0
        self.refused: list[RefusedLine] = []
        self.stored_learners: dict[LearnerId, Learner] = {}
        self.stored_enrollments: dict[tuple[int, LearnerId], Enrollment] = {}
        self.stored_roles: set[CourseRole] = set()
        self._default_course = default_course
        self._courses: dict[CourseKey, StoredCourse] = {}
        # A name that a learner gives up in this file is free for others in the next one only.
        self._owners: dict[tuple[str, str], LearnerId] = {}
        self._said: dict[LearnerId, dict[str, str]] = {}
        self._enrolled: dict[tuple[int, LearnerId], Enrollment] = {}
        self._roles: dict[CourseRole, None] = {}
        self._lines_of: dict[tuple[int | None, LearnerId], int] = {}

    async def take(self, rows: Sequence[LearnerRow | RefusedLine]) -> None:
        """Take rows in, or refuse them."""
        await self._look_up([row for row in rows if isinstance(row, LearnerRow)])
        for row in rows:
            self.lines += 1
            if isinstance(row, RefusedLine):
                self.refused.append(row)
                continue
            try:
                self._enter(row)
            except GradingError as error:
                self.refused.append(RefusedLine(row.line, error.message, error.code))

    def learners_to_store(self) -> list[Learner]:
        """Return the learners of whom something is new."""
        wanted = (
            _revised(self.stored_learners.get(learner_id), learner_id, said)
            for learner_id, said in self._said.items()
        )
        return [one for one in wanted if one != self.stored_learners.get(one.id)]

    def enrollments_to_store(self) -> list[Enrollment]:
        """Return the enrollments that are new or different."""
        return [
            one
            for place, one in self._enrolled.items()
            if one != self.stored_enrollments.get(place)
        ]

    def roles_to_store(self) -> list[CourseRole]:
        """Return the roles that are new."""
        return [one for one in self._roles if one not in self.stored_roles]

    async def _look_up(self, rows: Sequence[LearnerRow]) -> None:
        keys = {key for row in rows if (key := self._course_key(row))}
        self._courses |= await present_courses(keys - self._courses.keys())
        ids = {row.user_id for row in rows}
        self.stored_learners |= await learners_by_id(ids)
        await self._look_up_owners("username", {row.username for row in rows})
        await self._look_up_owners(
            "external_user_key", {row.external_user_key for row in rows if row.external_user_key}
        )
        course_ids = {self._courses[key].id for key in keys if key in self._courses}
        if course_ids:
            self.stored_enrollments |= await enrollments(course_ids, ids)
            if any(row.role for row in rows):
                self.stored_roles |= await course_roles(course_ids, ids)

    async def _look_up_owners(self, column: LearnerName, names: Collection[str]) -> None:
        owners = await learners_by_name(column, names) if names else {}
        self._owners |= {(column, name): learner.id for name, learner in owners.items()}

    def _enter(self, row: LearnerRow) -> None:
        course_id = self._course_id(row)
        if course_id is None and row.role is not None:
            raise InvalidInput("A role needs a course_key: it is one in a course.")
        if line := self._lines_of.get((course_id, row.user_id)):
            raise DuplicateItem(f"Line {line} is of the same learner and course.")
        said = self._said.get(row.user_id, {})
        says = {
            name: value
            for name in _ABOUT_LEARNERS
            if (value := getattr(row, name)) is not None and said.get(name) != value
        }
        for name, value in says.items():
            if name in said:
                raise DuplicateItem(
                    f"An earlier line has {said[name]!r} as {name} of learner {row.user_id}, "
                    f"not {value!r}."
                )
        for name in _UNIQUE:
            if name in says:
                owner = self._owners.get((name, says[name]), row.user_id)
                if owner != row.user_id:
                    raise DuplicateItem(f"{name} {says[name]!r} is that of learner {owner}.")
        # Nothing of a row is noted before all of it is right.
        self._owners |= {(name, says[name]): row.user_id for name in _UNIQUE if name in says}
        self._said[row.user_id] = said | says
        self._lines_of[course_id, row.user_id] = row.line
        if course_id is None:
            self.lines_without_course += 1
        else:
            self._enroll(course_id, row)

    def _enroll(self, course_id: int, row: LearnerRow) -> None:
        place = (course_id, row.user_id)
        known = self.stored_enrollments.get(place) or Enrollment(*place)
        if row.role is not None:
            self._roles[CourseRole(*place, row.role)] = None
        self._enrolled[place] = known._replace(
            active=row.active,
            mode=row.mode or known.mode,
            cohort=row.cohort or known.cohort,
        )

    def _course_key(self, row: LearnerRow) -> CourseKey | None:
        return row.course_key or self._default_course

    def _course_id(self, row: LearnerRow) -> int | None:
        key = self._course_key(row)
        if key is None:
            return None
        if key not in self._courses:
            raise CourseNotFound(f"There is no course {key}.")
        return self._courses[key].id


def _revised(stored: Learner | None, learner_id: LearnerId, said: Mapping[str, str]) -> Learner:
    known = stored or Learner(learner_id, said["username"])
    return Learner(
        learner_id,
        username=said["username"],
        full_name=said.get("full_name", known.full_name),
        email=said.get("email", known.email),
        external_user_key=said.get("external_user_key", known.external_user_key),
    )
