"""Enrollments: which learners are in a course."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from db.connection import dialect
from db.sql import among, as_bool, fetch, id_array
from db.together import Write
from db.upsert import RowStatement, Upsert, upsert_rows
from grading import CourseKey, LearnerId


class Enrollment(NamedTuple):
    """One learner in one course; inactive once the learner has left.

    ``revision`` grows with every change of what is stored of the learner's grades in the course:
    whoever sees the one sees the other.
    """

    course_id: int
    learner_id: LearnerId
    active: bool = True
    mode: str | None = None
    cohort: str | None = None
    revision: int = 0


_SAVE: Final = Upsert(
    table="enrollment",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "active": "boolean",
        "mode": "text",
        "cohort": "text",
        "created_at": "timestamptz",
    },
    key=("course_id", "learner_id"),
    update=("active", "mode", "cohort"),
)


# What `enrollment_in` understands: an enrollment is `e`.
ENROLLMENT_COLUMNS: Final = "e.course_id, e.learner_id, e.active, e.mode, e.cohort, e.revision"


async def enrollments(
    course_ids: Iterable[int], learner_ids: Iterable[LearnerId]
) -> dict[tuple[int, LearnerId], Enrollment]:
    """Return the enrollments of these learners in these courses, active or not."""
    rows = await fetch(
        f"select {ENROLLMENT_COLUMNS} from enrollment e"
        f" where {among('e.course_id', 1)} and {among('e.learner_id', 2)}",
        id_array(course_ids),
        id_array(learner_ids),
    )
    return {(row[0], row[1]): enrollment_in(row) for row in rows}


def enrollment_in(row: tuple[Any, ...]) -> Enrollment:
    """Return the enrollment that was asked for."""
    course_id, learner_id, active, mode, cohort, revision = row
    return Enrollment(course_id, learner_id, as_bool(active), mode, cohort, revision)


async def course_keys_of(
    learner_ids: Iterable[LearnerId],
) -> dict[LearnerId, frozenset[CourseKey]]:
    """Return the courses that each of these learners was ever enrolled in."""
    rows = await fetch(
        "select e.learner_id, c.key from enrollment e join course c on c.id = e.course_id"
        f" where {among('e.learner_id', 1)}",
        id_array(learner_ids),
    )
    found: dict[LearnerId, set[CourseKey]] = {}
    for learner_id, key in rows:
        found.setdefault(learner_id, set()).add(CourseKey(key))
    return {learner_id: frozenset(keys) for learner_id, keys in found.items()}


async def enrolled_ids(
    course_id: int, *, after: LearnerId | None = None, limit: int
) -> list[LearnerId]:
    """Return ids of learners ever enrolled in a course, ascending, a page after ``after``."""
    rows = await fetch(
        "select learner_id from enrollment where course_id = $1 and learner_id > $2"
        " order by learner_id limit $3",
        course_id,
        0 if after is None else after,
        limit,
    )
    return [row[0] for row in rows]


class _NewRevisions:
    def statement(self) -> str:
        if dialect() == "postgres":
            return (
                "update enrollment e set revision = revision + 1"
                " from unnest($1::bigint[], $2::bigint[]) as graded(course_id, learner_id)"
                " where e.course_id = graded.course_id and e.learner_id = graded.learner_id"
            )
        return (
            "update enrollment set revision = revision + 1 where course_id = $1 and learner_id = $2"
        )


def new_revisions(course_id: int, learner_ids: Iterable[LearnerId]) -> Write[RowStatement]:
    """Say that the grades of these learners change: in the transaction that changes them."""
    return Write(_NewRevisions(), [(course_id, one) for one in sorted({*learner_ids})])


async def save_enrollments(enrolled: Sequence[Enrollment], *, now: datetime) -> None:
    """Add new enrollments and replace the state of others, all or none."""
    await upsert_rows(
        _SAVE,
        [
            (one.course_id, one.learner_id, one.active, one.mode, one.cohort, now)
            # In the order in which grade transactions write them, lest one waits for the other.
            for one in sorted(enrolled, key=lambda one: (one.course_id, one.learner_id))
        ],
    )
