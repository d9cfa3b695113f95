"""Grades as they are put into the database by tests, without what a regrade stores beside."""

from collections.abc import Sequence

from db.course_grades import course_grades_write
from db.courses import StoredCourse
from db.subsection_grades import subsection_grades_write
from db.upsert import upsert_rows
from grading import CourseGrade, LearnerId, SubsectionGrade


async def save_course_grades(course: StoredCourse, grades: Sequence[CourseGrade]) -> None:
    """Store grades computed under this version of the course, all or none."""
    await upsert_rows(*course_grades_write(course, grades))


async def save_subsection_grades(
    course: StoredCourse, grades: Sequence[tuple[LearnerId, SubsectionGrade]]
) -> None:
    """Store grades computed under this version of the course, all or none."""
    await upsert_rows(*subsection_grades_write(course, grades))
