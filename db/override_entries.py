"""The history of overrides: every one that was set, changed or removed, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db.courses import StoredCourse
from db.sql import as_datetime, fetch
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


async def override_entries(
    course: StoredCourse,
    learner_id: LearnerId,
    usage_key: UsageKey,
    *,
    before_id: int | None = None,
    limit: int,
) -> list[OverrideEntry]:
    """Return a page of one subsection grade's history, newest first."""
    rows = await fetch(
        "select id, action, earned_all, possible_all, earned_graded, possible_graded,"
        " before_earned, before_possible, after_earned, after_possible, system, reason, actor,"
        " created_at from override_entry"
        " where course_id = $1 and learner_id = $2 and block_id = $3 and id < $4"
        " order by id desc limit $5",
        course.id,
        learner_id,
        course.block_ids[usage_key],
        2**63 - 1 if before_id is None else before_id,
        limit,
    )
    return [_entry(learner_id, usage_key, row) for row in rows]


async def count_override_entries(
    course: StoredCourse, learner_id: LearnerId, usage_key: UsageKey
) -> int:
    """Count the history of one subsection grade's overrides."""
    ((count,),) = await fetch(
        "select count(*) from override_entry"
        " where course_id = $1 and learner_id = $2 and block_id = $3",
        course.id,
        learner_id,
        course.block_ids[usage_key],
    )
    return int(count)


def _entry(learner_id: LearnerId, usage_key: UsageKey, row: Sequence[Any]) -> OverrideEntry:
    action, system, at = OverrideAction(row[1]), OverrideSystem(row[10]), as_datetime(row[13])
    reason, actor = row[11], row[12]
    return OverrideEntry(
        learner_id,
        usage_key,
        action,
        None
        if action is OverrideAction.DELETED
        else SubsectionGradeOverride(row[2], row[3], row[4], row[5], system, reason, actor, at, at),
        None if row[6] is None else Points(row[6], row[7]),
        Points(row[8], row[9]),
        system,
        reason,
        actor,
        at,
        row[0],
    )
