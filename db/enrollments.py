"""Enrollments: which learners are in a course, and the gradebook's pages of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import dialect
from db.learners import Learner
from db.sql import among, as_bool, fetch, id_array
from db.upsert import Upsert, upsert_rows
from grading import CourseKey, LearnerId


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One learner in one course; inactive once the learner has left."""

    course_id: int
    learner_id: LearnerId
    active: bool = True
    mode: str | None = None
    cohort: str | None = None


@dataclass(frozen=True, slots=True)
class EnrolledLearner:
    """A learner with the enrollment, as a page of the gradebook lists them."""

    learner: Learner
    enrollment: Enrollment


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the gradebook's order: by user name, then by id."""

    username: str
    learner_id: LearnerId


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


async def enrollments(
    course_ids: Iterable[int], learner_ids: Iterable[LearnerId]
) -> dict[tuple[int, LearnerId], Enrollment]:
    """Return the enrollments of these learners in these courses, active or not."""
    rows = await fetch(
        "select course_id, learner_id, active, mode, cohort from enrollment"
        f" where {among('course_id', 1)} and {among('learner_id', 2)}",
        id_array(course_ids),
        id_array(learner_ids),
    )
    return {
        (course_id, learner_id): Enrollment(course_id, learner_id, as_bool(active), mode, cohort)
        for course_id, learner_id, active, mode, cohort in rows
    }


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


async def gradebook_page(
    course_id: int, *, limit: int, beyond: Position | None = None, backwards: bool = False
) -> list[EnrolledLearner]:
    """Return the first ``limit`` active learners beyond a place in the gradebook's order.

    ``backwards`` returns the last ``limit`` before that place, still in the gradebook's order.
    """
    # The same order on both engines, and in every database whatever its collation.
    username = 'l.username collate "C"' if dialect() == "postgres" else "l.username"
    condition = ""
    args: list[object] = [course_id, limit]
    if beyond is not None:
        condition = f" and ({username}, l.id) {'<' if backwards else '>'} ($3, $4)"
        args += [beyond.username, beyond.learner_id]
    direction = "desc" if backwards else "asc"
    rows = await fetch(
        "select l.id, l.username, l.full_name, l.email, l.external_user_key, e.mode, e.cohort"
        " from enrollment e join learner l on l.id = e.learner_id"
        f" where e.course_id = $1 and e.active{condition}"
        f" order by {username} {direction}, l.id {direction} limit $2",
        *args,
    )
    page = [
        EnrolledLearner(
            Learner(*row[:5]), Enrollment(course_id, row[0], mode=row[5], cohort=row[6])
        )
        for row in rows
    ]
    return page[::-1] if backwards else page


async def active_count(course_id: int) -> int:
    """Count a course's active enrollments."""
    ((count,),) = await fetch(
        "select count(*) from enrollment where course_id = $1 and active", course_id
    )
    return int(count)


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


async def save_enrollments(enrolled: Sequence[Enrollment], *, now: datetime) -> None:
    """Add new enrollments and replace the state of others, all or none."""
    await upsert_rows(
        _SAVE,
        [
            (one.course_id, one.learner_id, one.active, one.mode, one.cohort, now)
            for one in enrolled
        ],
    )
