"""A course, a learner and the grade in it, looked up by the names that clients know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from db.connection import Rows, dialect
from db.course_grades import COURSE_GRADE_COLUMNS, course_grades_in
from db.courses import PRESENT_COLUMNS, StoredCourse, present_courses_in
from db.enrollments import ENROLLMENT_COLUMNS, Enrollment, enrollment_in
from db.learners import LEARNER_COLUMNS, Learner
from db.sql import fetch, id_array, text_array
from grading import CourseGrade, CourseKey, LearnerId

LearnerColumn = Literal["id", "username", "external_user_key"]


@dataclass(frozen=True, slots=True)
class FoundGrade:
    """A course; the learner, if there is one; their enrollment and their stored grade, if any."""

    course: StoredCourse
    learner: Learner | None
    enrollment: Enrollment | None
    course_grade: CourseGrade | None


_FOUND: Final = (
    f"select {PRESENT_COLUMNS}, {LEARNER_COLUMNS}, {COURSE_GRADE_COLUMNS}, {ENROLLMENT_COLUMNS},"
    " {name}"
    " from {courses} join course_publication p on p.course_id = c.id"
    " left join learner l on l.{column} = {name}"
    " left join enrollment e on e.course_id = c.id and e.learner_id = l.id"
    " left join course_grade g on g.course_id = c.id and g.learner_id = l.id"
    " left join course_version v on v.id = g.course_version_id{condition}"
)
_PRESENT, _LEARNER, _GRADE, _ENROLLMENT = slice(7), slice(7, 12), slice(12, 25), slice(25, 31)
_COURSE_KEY, _NAME = 1, 31
_PAIRS: Final = {
    "postgres": "unnest($1::text[], $2::{kind}[]) as asked(key, name)",
    "sqlite": "(select k.value as key, n.value as name from json_each($1) k"
    " join json_each($2) n on n.key = k.key) as asked",
}


async def look_up_grades(
    column: LearnerColumn, asked: Collection[tuple[CourseKey, str | LearnerId]]
) -> Mapping[tuple[CourseKey, str | LearnerId], FoundGrade]:
    """Return what is found of each pair of a course and a learner's name, in one statement.

    Nothing of a pair whose course does not exist.
    """
    rows = await (_rows_of_one(column, *asked) if len(asked) == 1 else _rows(column, asked))
    courses = await present_courses_in([row[_PRESENT] for row in rows])
    grades = course_grades_in([row[_GRADE] for row in rows if row[_GRADE.start] is not None])
    found = {}
    for row in rows:
        learner = None if row[_LEARNER.start] is None else Learner(*row[_LEARNER])
        course = courses[row[0]]
        grade = None if learner is None else grades.get((course.id, learner.id))
        enrolled = row[_ENROLLMENT.start] is not None
        found[CourseKey(row[_COURSE_KEY]), row[_NAME]] = FoundGrade(
            course, learner, enrollment_in(row[_ENROLLMENT]) if enrolled else None, grade
        )
    return found


async def _rows_of_one(column: LearnerColumn, pair: tuple[CourseKey, str | LearnerId]) -> Rows:
    # A statement of its own, whose plan PostgreSQL keeps: to plan it takes longer than to run it.
    return await fetch(_sql_of_one(column), *pair)


@cache
def _sql_of_one(column: LearnerColumn) -> str:
    return _FOUND.format(
        column=column,
        name=f"$2::{_kind(column)}",
        courses="course c",
        condition=" where c.key = $1",
    )


async def _rows(
    column: LearnerColumn, asked: Collection[tuple[CourseKey, str | LearnerId]]
) -> Rows:
    pairs = _PAIRS[dialect()].format(kind=_kind(column))
    sql = _FOUND.format(
        column=column,
        name="asked.name",
        courses=f"{pairs} join course c on c.key = asked.key",
        condition="",
    )
    names: list[Any] = [name for _, name in asked]
    array = id_array(names) if column == "id" else text_array(names)
    return await fetch(sql, text_array(key for key, _ in asked), array)


def _kind(column: LearnerColumn) -> str:
    return "bigint" if column == "id" else "text"
