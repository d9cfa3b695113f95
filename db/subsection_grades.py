"""Stored subsection grades."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from db.courses import StoredCourse, usage_keys_by_course
from db.sql import among, as_datetime, fetch, id_array
from db.upsert import Upsert, upsert_rows
from grading import LearnerId, SubsectionGrade, Total, UsageKey

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
        "first_attempted_at": "timestamptz",
        "visible_blocks_hash": "text",
        "version": "int",
        "updated_at": "timestamptz",
    },
    key=("course_id", "learner_id", "block_id"),
)

_GRADES: Final = (
    "select g.course_id, g.learner_id, g.block_id, g.earned_all, g.possible_all, g.earned_graded,"
    " g.possible_graded, g.first_attempted_at, g.visible_blocks_hash, v.version, g.version,"
    " g.updated_at"
    " from subsection_grade g join course_version v on v.id = g.course_version_id"
    " where "
)


async def subsection_grades(
    courses: Collection[StoredCourse], learner_ids: Iterable[LearnerId]
) -> dict[tuple[int, LearnerId], dict[UsageKey, SubsectionGrade]]:
    """Return each learner's stored grades by subsection; nothing for a learner without any."""
    rows = await fetch(
        f"{_GRADES}{among('g.course_id', 1)} and {among('g.learner_id', 2)}",
        id_array(course.id for course in courses),
        id_array(learner_ids),
    )
    found: dict[tuple[int, LearnerId], dict[UsageKey, SubsectionGrade]] = {}
    keys = usage_keys_by_course(courses)
    for (
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
    ) in rows:
        if (usage_key := keys[course_id].get(block_id)) is None:
            continue
        first = as_datetime(first_attempted_at)
        # One first attempt is stored, and stands for both totals, as in Open edX.
        found.setdefault((course_id, learner_id), {})[usage_key] = SubsectionGrade(
            usage_key=usage_key,
            computed_all_total=Total(earned_all, possible_all, first),
            computed_graded_total=Total(earned_graded, possible_graded, first),
            visible_blocks_hash=visible_blocks_hash,
            course_version=course_version,
            version=version,
            last_updated=as_datetime(updated_at),
        )
    return found


async def save_subsection_grades(
    course: StoredCourse, grades: Sequence[tuple[LearnerId, SubsectionGrade]]
) -> None:
    """Store grades computed under this version of the course, all or none."""
    await upsert_rows(
        _SAVE,
        [
            (
                course.id,
                learner_id,
                course.block_ids[grade.usage_key],
                course.version_id,
                grade.computed_all_total.earned,
                grade.computed_all_total.possible,
                grade.computed_graded_total.earned,
                grade.computed_graded_total.possible,
                grade.first_attempted_at,
                grade.visible_blocks_hash,
                grade.version,
                grade.last_updated,
            )
            for learner_id, grade in grades
        ],
    )
