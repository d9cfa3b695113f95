"""Stored subsection grades."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from db.connection import Rows
from db.courses import StoredCourse, usage_keys_by_course
from db.sql import among, as_datetime, execute_many, fetch, id_array
from db.together import Write
from db.upsert import Upsert
from grading import (
    LearnerId,
    OverrideSystem,
    SubsectionGrade,
    SubsectionGradeOverride,
    Total,
    UsageKey,
)

_SAVE: Final = Upsert(
    table="subsection_grade",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "block_id": "bigint",
        "course_version_id": "bigint",
        "earned_all": "double precision",
        "possible_all": "double precision",
        "earned_graded": "double precision",
        "possible_graded": "double precision",
        "percent_graded": "double precision",
        "first_attempted_at": "timestamptz",
        "visible_blocks_hash": "text",
        "version": "int",
        "updated_at": "timestamptz",
    },
    key=("course_id", "learner_id", "block_id"),
)

_SAVE_OVERRIDE: Final = (
    "update subsection_grade set override_earned_all = $1, override_possible_all = $2,"
    " override_earned_graded = $3, override_possible_graded = $4, override_system = $5,"
    " override_reason = $6, overridden_by = $7, overridden_at = $8, override_updated_at = $9"
    " where course_id = $10 and learner_id = $11 and block_id = $12"
)

_COLUMNS: Final = (
    *("g.course_id", "g.learner_id", "g.block_id", "g.earned_all", "g.possible_all"),
    *("g.earned_graded", "g.possible_graded", "g.first_attempted_at", "g.visible_blocks_hash"),
    *("v.version", "g.version", "g.updated_at", "g.overridden_at", "g.override_earned_all"),
    *("g.override_possible_all", "g.override_earned_graded", "g.override_possible_graded"),
    *("g.override_system", "g.override_reason", "g.overridden_by", "g.override_updated_at"),
)
_FROM: Final = "from subsection_grade g join course_version v on v.id = g.course_version_id where"
_GRADES: Final = f"select {', '.join(_COLUMNS)} {_FROM} "

_OVERRIDE: Final = 12  # where a row's columns of the override begin, with when it was made

# One learner's, for PostgreSQL: as a row of arrays they come in half the time that rows in an
# array take. Time stamps take longest: when it was stored comes only with the blocks in `$3`.
# Nothing is said of overrides where there are none.
GRADES_IN_ARRAYS: Final = (
    "select "
    + ", ".join(
        "array_agg(case when g.block_id = any($3::bigint[]) then g.updated_at end)"
        if column == "g.updated_at"
        else f"array_agg({column})"
        for column in _COLUMNS[: _OVERRIDE + 1]
    )
    + "".join(
        f", case when count(g.overridden_at) > 0 then array_agg({column}) end"
        for column in _COLUMNS[_OVERRIDE + 1 :]
    )
    + f" {_FROM} g.course_id = $1 and g.learner_id = $2"
)

# The classes would make themselves in twice the time, and a page has thousands of these tuples.
_made: Final = tuple.__new__


async def subsection_grades(
    courses: Collection[StoredCourse], learner_ids: Iterable[LearnerId]
) -> dict[tuple[int, LearnerId], dict[UsageKey, SubsectionGrade]]:
    """Return each learner's stored grades by subsection; nothing for a learner without any."""
    rows = await fetch(
        subsection_grades_query(),
        id_array(course.id for course in courses),
        id_array(learner_ids),
    )
    return subsection_grades_in(rows, courses)


def subsection_grades_query() -> str:
    """Ask for what `subsection_grades_in` understands: courses are in `$1`, learners in `$2`."""
    return f"{_GRADES}{among('g.course_id', 1)} and {among('g.learner_id', 2)}"


def rows_of_arrays(arrays: Sequence[Sequence[Any] | None]) -> Rows:
    """Return what `GRADES_IN_ARRAYS` asked for as `subsection_grades_in` understands it."""
    return list(zip(*(column for column in arrays if column is not None), strict=True))


def subsection_grades_in(
    rows: Rows, courses: Collection[StoredCourse]
) -> dict[tuple[int, LearnerId], dict[UsageKey, SubsectionGrade]]:
    """Return the grades that were asked for, of subsections that the courses know."""
    found: dict[tuple[int, LearnerId], dict[UsageKey, SubsectionGrade]] = {}
    keys_by_course = usage_keys_by_course(courses)
    keys: Mapping[int, UsageKey] = {}
    grades: dict[UsageKey, SubsectionGrade] = {}
    learner: tuple[int, LearnerId] | None = None
    # A page has more than a thousand rows, most of them behind another of the same learner.
    for row in rows:
        (
            course_id,
            learner_id,
            block_id,
            earned_all,
            possible_all,
            earned_graded,
            possible_graded,
            first_attempted_at,
            visible_blocks_hash,
            course_version,
            version,
            updated_at,
            overridden_at,
            *_,
        ) = row
        if (course_id, learner_id) != learner:
            learner = course_id, learner_id
            keys = keys_by_course[course_id]
            grades = found.setdefault(learner, {})
        if (usage_key := keys.get(block_id)) is None:
            continue
        first = as_datetime(first_attempted_at)
        # One first attempt is stored, and stands for both totals, as in Open edX.
        grades[usage_key] = _made(
            SubsectionGrade,
            (
                usage_key,
                _made(Total, (earned_all, possible_all, first)),
                _made(Total, (earned_graded, possible_graded, first)),
                None if overridden_at is None else _override(*row[_OVERRIDE:]),
                visible_blocks_hash,
                course_version,
                version,
                as_datetime(updated_at),
            ),
        )
    return {one: grades for one, grades in found.items() if grades}


def _override(  # noqa: PLR0913, PLR0917 - the columns, in order
    overridden_at: str | datetime,
    earned_all: float | None,
    possible_all: float | None,
    earned_graded: float | None,
    possible_graded: float | None,
    system: str,
    reason: str | None,
    overridden_by: str | None,
    updated_at: str | datetime,
) -> SubsectionGradeOverride:
    return SubsectionGradeOverride(
        earned_all,
        possible_all,
        earned_graded,
        possible_graded,
        OverrideSystem(system),
        reason,
        overridden_by,
        as_datetime(overridden_at),
        as_datetime(updated_at),
    )


def subsection_grades_write(
    course: StoredCourse, grades: Sequence[tuple[LearnerId, SubsectionGrade]]
) -> Write[Upsert]:
    """Say what is to be stored of grades computed under this version, without overrides."""
    decimals = course.content.algorithm.subsection_decimals
    rows = []
    for learner_id, grade in grades:
        earned_all, possible_all, first_attempted_at = grade.computed_all_total
        earned_graded, possible_graded, _ = grade.computed_graded_total
        rows.append(
            (
                course.id,
                learner_id,
                course.block_ids[grade.usage_key],
                course.version_id,
                earned_all,
                possible_all,
                earned_graded,
                possible_graded,
                grade.graded_total.percent(decimals),
                first_attempted_at,
                grade.visible_blocks_hash,
                grade.version,
                grade.last_updated,
            )
        )
    return Write(_SAVE, rows)


async def save_overrides(
    course: StoredCourse, grades: Sequence[tuple[LearnerId, SubsectionGrade]]
) -> None:
    """Store the overrides of grades that are stored already, or that they have none."""
    if grades:
        await execute_many(
            _SAVE_OVERRIDE,
            [
                (
                    *((None,) * 9 if grade.override is None else _columns(grade.override)),
                    course.id,
                    learner_id,
                    course.block_ids[grade.usage_key],
                )
                for learner_id, grade in grades
            ],
        )


def _columns(override: SubsectionGradeOverride) -> tuple[object, ...]:
    return (
        *override.points,
        override.system.value,
        override.reason,
        override.overridden_by,
        override.created_at,
        override.updated_at,
    )
