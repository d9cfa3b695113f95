"""Roles: what people are in courses, as learners and beside that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db.learners import Learner
from db.sql import among, execute, fetch, id_array
from db.upsert import Upsert, upsert_rows
from grading import CourseKey, LearnerId


@dataclass(frozen=True, slots=True)
class CourseRole:
    """What somebody is in a course beside a learner, in Open edX's words: ``staff``, ..."""

    course_id: int
    learner_id: LearnerId
    role: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Who somebody is: the person, the courses that one learns in now, and the roles in others."""

    learner: Learner
    enrolled_in: frozenset[CourseKey]
    roles: Mapping[CourseKey, frozenset[str]]


_SAVE: Final = Upsert(
    table="course_role",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "role": "text",
        "created_at": "timestamptz",
    },
    key=("learner_id", "course_id", "role"),
    update=(),
)

# An enrollment is a row without a role. Two queries rather than a join with both tables as one,
# which SQLite would read from end to end.
_STANDING: Final = (
    "select l.id, l.username, l.full_name, l.email, l.external_user_key, c.key, null"
    " from learner l left join enrollment e on e.learner_id = l.id and e.active"
    " left join course c on c.id = e.course_id where {who}"
    " union all"
    " select l.id, l.username, l.full_name, l.email, l.external_user_key, c.key, r.role"
    " from learner l join course_role r on r.learner_id = l.id"
    " join course c on c.id = r.course_id where {who}"
)


async def standing_of_username(username: str) -> Standing | None:
    """Return who has this user name, None where nobody has."""
    return _standing(await fetch(_STANDING.format(who="l.username = $1"), username))


async def standing_of_id(learner_id: LearnerId) -> Standing | None:
    """Return who has this user id, None where nobody has."""
    return _standing(await fetch(_STANDING.format(who="l.id = $1"), learner_id))


async def course_roles(
    course_ids: Iterable[int], learner_ids: Iterable[LearnerId]
) -> set[CourseRole]:
    """Return the roles that these people have in these courses."""
    rows = await fetch(
        "select course_id, learner_id, role from course_role"
        f" where {among('course_id', 1)} and {among('learner_id', 2)}",
        id_array(course_ids),
        id_array(learner_ids),
    )
    return {CourseRole(*row) for row in rows}


async def save_course_roles(roles: Iterable[CourseRole], *, now: datetime) -> None:
    """Give roles; those that are had already stay."""
    await upsert_rows(
        _SAVE, [(one.course_id, one.learner_id, one.role, now) for one in dict.fromkeys(roles)]
    )


async def delete_course_role(role: CourseRole) -> bool:
    """Take a role away; tell whether it was there."""
    deleted = await execute(
        "delete from course_role where course_id = $1 and learner_id = $2 and role = $3",
        role.course_id,
        role.learner_id,
        role.role,
    )
    return deleted > 0


def _standing(rows: Sequence[Sequence[Any]]) -> Standing | None:
    if not rows:
        return None
    enrolled: set[CourseKey] = set()
    roles: dict[CourseKey, set[str]] = {}
    for row in rows:
        key, role = row[5], row[6]
        if key is not None and role is None:
            enrolled.add(CourseKey(key))
        elif key is not None:
            roles.setdefault(CourseKey(key), set()).add(role)
    return Standing(
        Learner(*rows[0][:5]),
        frozenset(enrolled),
        {key: frozenset(held) for key, held in roles.items()},
    )
