"""Stored course grades."""

from collections.abc import Iterable, Sequence
from typing import Final

from db.connection import Rows
from db.courses import StoredCourse
from db.sql import as_bool, as_datetime, fetch, id_array, matching
from db.together import Write
from db.upsert import Upsert
from grading import Algorithm, CourseGrade, CourseKey, LearnerId

_SAVE: Final = Upsert(
    table="course_grade",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "course_version_id": "bigint",
        "percent": "double precision",
        "unrounded": "double precision",
        "letter_grade": "text",
        "passed": "boolean",
        "passed_at": "timestamptz",
        "algorithm": "text",
        "grading_policy_hash": "text",
        "version": "int",
        "updated_at": "timestamptz",
    },
    key=("course_id", "learner_id"),
)

# What `course_grades_in` understands: a grade is `g`, its course `c`, that one's version `v`.
COURSE_GRADE_COLUMNS: Final = (
    "g.course_id, g.learner_id, c.key, g.percent, g.unrounded, g.letter_grade,"
    " g.passed, g.passed_at, g.algorithm, g.grading_policy_hash, v.version, g.version,"
    " g.updated_at"
)
_GRADES: Final = (
    f"select {COURSE_GRADE_COLUMNS}"
    " from course_grade g"
    " join course c on c.id = g.course_id"
    " join course_version v on v.id = g.course_version_id"
    " where "
)


async def course_grades(
    course_ids: Iterable[int], learner_ids: Iterable[LearnerId]
) -> dict[tuple[int, LearnerId], CourseGrade]:
    """Return the stored grades of these learners in these courses."""
    rows = await fetch(course_grades_query(), id_array(course_ids), id_array(learner_ids))
    return course_grades_in(rows)


def course_grades_query(*, one: bool = False) -> str:
    """Ask for what `course_grades_in` understands: courses are in `$1`, learners in `$2`."""
    course, learner = matching("g.course_id", 1, one=one), matching("g.learner_id", 2, one=one)
    return f"{_GRADES}{course} and {learner}"


def course_grades_in(rows: Rows) -> dict[tuple[int, LearnerId], CourseGrade]:
    """Return the grades that were asked for."""
    return {
        (row[0], row[1]): CourseGrade(
            course_key=CourseKey(row[2]),
            learner_id=row[1],
            percent=row[3],
            unrounded=row[4],
            letter_grade=row[5],
            passed=as_bool(row[6]),
            passed_at=as_datetime(row[7]),
            algorithm=Algorithm(row[8]),
            grading_policy_hash=row[9],
            course_version=row[10],
            version=row[11],
            last_updated=as_datetime(row[12]),
        )
        for row in rows
    }


async def graded_ids(
    course_id: int, *, after: LearnerId | None = None, limit: int
) -> list[LearnerId]:
    """Return ids of learners with a stored grade, ascending, a page after ``after``."""
    rows = await fetch(
        "select learner_id from course_grade where course_id = $1 and learner_id > $2"
        " order by learner_id limit $3",
        course_id,
        0 if after is None else after,
        limit,
    )
    return [row[0] for row in rows]


async def stale_ids(course: StoredCourse, *, without_errors_of: int, limit: int) -> list[LearnerId]:
    """Return learners whose stored grade is of another version than this one.

    Those for whom a job has an error already are left out.
    """
    rows = await fetch(
        "select learner_id from course_grade where course_id = $1 and course_version_id <> $2"
        " and learner_id not in (select learner_id from job_error where job_id = $3)"
        " order by learner_id limit $4",
        course.id,
        course.version_id,
        without_errors_of,
        limit,
    )
    return [row[0] for row in rows]


def course_grades_write(course: StoredCourse, grades: Sequence[CourseGrade]) -> Write[Upsert]:
    """Say what is to be stored of grades computed under this version of the course."""
    return Write(
        _SAVE,
        [
            (
                course.id,
                grade.learner_id,
                course.version_id,
                grade.percent,
                grade.unrounded,
                grade.letter_grade,
                grade.passed,
                grade.passed_at,
                grade.algorithm.value,
                grade.grading_policy_hash,
                grade.version,
                grade.last_updated,
            )
            for grade in grades
        ],
    )
