"""Courses: finding them, and what may be done in them."""

from collections.abc import Sequence

from db.courses import StoredCourse
from grading import CourseKey, CourseNotFound, GradesFreeze, freeze_of
from resolvers import access
from resolvers.context import Context

__all__ = [
    "StoredCourse",
    "find_course",
    "find_course_by_id",
    "find_courses",
    "freeze",
    "require_course",
]


async def find_course(context: Context, course_key: CourseKey) -> StoredCourse | None:
    """Return a course, None if there is none that the viewer may know of."""
    if not access.may_read_grades(context.viewer):
        return None
    return await context.loaders.course.load(course_key)


async def find_course_by_id(context: Context, course_id: int) -> StoredCourse | None:
    """Return a course by its number, None if there is none that the viewer may know of."""
    if not access.may_read_grades(context.viewer):
        return None
    return await context.loaders.course_by_id.load(course_id)


async def find_courses(
    context: Context, course_keys: Sequence[CourseKey]
) -> Sequence[StoredCourse]:
    """Return the courses of these keys, without those that the viewer may not know of."""
    if not access.may_read_grades(context.viewer):
        return []
    found = await context.loaders.course.load_many(list(course_keys))
    return [course for course in found if course is not None]


async def require_course(context: Context, course_key: CourseKey) -> StoredCourse:
    """Return a course.

    :raises CourseNotFound: if there is none that the viewer may know of.
    """
    course = await find_course(context, course_key)
    if course is None:
        raise CourseNotFound(f"There is no course {course_key}, or you may not know of it.")
    return course


def freeze(context: Context, course: StoredCourse) -> GradesFreeze:
    """Return when the grades of this course stop changing."""
    return freeze_of(course.content.structure.end, context.freeze_after)
