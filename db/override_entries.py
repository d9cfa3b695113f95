"""The history of overrides: every one that was set, changed or removed, newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from db.courses import StoredCourse
from db.sql import among, as_datetime, fetch, id_array
from db.upsert import Upsert, upsert_rows
from grading import (
    LearnerId,
    OverrideAction,
    OverrideSystem,
    Points,
    SubsectionGradeOverride,
    UsageKey,
)


@dataclass(frozen=True, slots=True)
class OverrideEntry:
    """One thing done to an override, with the graded points that counted before and after.

    ``before`` is None where the learner had done nothing. ``override`` is what was set, None for a
    removal. ``id`` is 0 until it is stored.
    """

    learner_id: LearnerId
    usage_key: UsageKey
    action: OverrideAction
    override: SubsectionGradeOverride | None
    before: Points | None
    after: Points
    system: OverrideSystem
    reason: str | None
    actor: str | None
    at: datetime
    id: int = 0


MAX_ID: Final = 2**63 - 1  # no entry has it

_COLUMNS: Final = (
    "id, learner_id, block_id, action, earned_all, possible_all, earned_graded, possible_graded,"
    " before_earned, before_possible, after_earned, after_possible, system, reason, actor,"
    " created_at"
)

_SAVE: Final = Upsert(
    table="override_entry",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "block_id": "bigint",
        "action": "text",
        "earned_all": "double precision",
        "possible_all": "double precision",
        "earned_graded": "double precision",
        "possible_graded": "double precision",
        "before_earned": "double precision",
        "before_possible": "double precision",
        "after_earned": "double precision",
        "after_possible": "double precision",
        "system": "text",
        "reason": "text",
        "actor": "text",
        "created_at": "timestamptz",
    },
)


async def append_override_entries(course: StoredCourse, entries: Sequence[OverrideEntry]) -> None:
    """Add to the history. To be called in the transaction that changes the overrides."""
    await upsert_rows(
        _SAVE,
        [
            (
                course.id,
                entry.learner_id,
                course.block_ids[entry.usage_key],
                entry.action.value,
                *((None,) * 4 if entry.override is None else entry.override.points),
                None if entry.before is None else entry.before.earned,
                None if entry.before is None else entry.before.possible,
                entry.after.earned,
                entry.after.possible,
                entry.system.value,
                entry.reason,
                entry.actor,
                entry.at,
            )
            for entry in entries
        ],
    )


class HistoryPage(NamedTuple):
    """Which part of a subsection grade's history: the newest ``limit`` older than ``before_id``."""

    course: StoredCourse
    learner_id: LearnerId
    usage_key: UsageKey
    limit: int
    before_id: int = MAX_ID


class Overridable(NamedTuple):
    """One learner's grade in one subsection, whose overrides have a history."""

    course: StoredCourse
    learner_id: LearnerId
    usage_key: UsageKey


async def override_entries(
    pages: Collection[HistoryPage],
) -> dict[HistoryPage, list[OverrideEntry]]:
    """Return pages of histories, newest first: one statement for all that begin alike."""
    alike: dict[tuple[StoredCourse, int, int], list[HistoryPage]] = {}
    for page in pages:
        alike.setdefault((page.course, page.limit, page.before_id), []).append(page)
    found: dict[HistoryPage, list[OverrideEntry]] = {page: [] for page in pages}
    for (course, limit, before_id), asked in alike.items():
        rows = await fetch(
            f"select {_COLUMNS} from (select {_COLUMNS}, row_number() over"
            " (partition by learner_id, block_id order by id desc) as place from override_entry"
            f" where course_id = $1 and {among('learner_id', 2)} and {among('block_id', 3)}"
            " and id < $4) as numbered where place <= $5 order by id desc",
            course.id,
            id_array({page.learner_id for page in asked}),
            id_array({course.block_ids[page.usage_key] for page in asked}),
            before_id,
            limit,
        )
        for row in rows:
            entry = _entry(course, row)
            page = HistoryPage(course, entry.learner_id, entry.usage_key, limit, before_id)
            if page in found:
                found[page].append(entry)
    return found


async def count_override_entries(places: Collection[Overridable]) -> dict[Overridable, int]:
    """Count the histories of subsection grades' overrides."""
    courses = {place.course.id: place.course for place in places}
    rows = await fetch(
        "select course_id, learner_id, block_id, count(*) from override_entry"
        f" where {among('course_id', 1)} and {among('learner_id', 2)} and {among('block_id', 3)}"
        " group by course_id, learner_id, block_id",
        id_array(courses),
        id_array({place.learner_id for place in places}),
        id_array({place.course.block_ids[place.usage_key] for place in places}),
    )
    return dict.fromkeys(places, 0) | {
        Overridable(courses[course_id], learner_id, courses[course_id].usage_keys[block_id]): count
        for course_id, learner_id, block_id, count in rows
    }


def _entry(course: StoredCourse, row: Sequence[Any]) -> OverrideEntry:
    number, learner_id, block_id, action_name, *points, system_name, reason, actor, made_at = row
    action, system = OverrideAction(action_name), OverrideSystem(system_name)
    at = as_datetime(made_at)
    return OverrideEntry(
        learner_id,
        course.usage_keys[block_id],
        action,
        None
        if action is OverrideAction.DELETED
        else SubsectionGradeOverride(
            points[0], points[1], points[2], points[3], system, reason, actor, at, at
        ),
        None if points[4] is None else Points(points[4], points[5]),
        Points(points[6], points[7]),
        system,
        reason,
        actor,
        at,
        number,
    )
