"""Courses: finding them, and what may be done in them."""

from collections.abc import Callable, Sequence
from datetime import datetime

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
    "open_check",
    "require_course",
]


async def find_course(context: Context, course_key: CourseKey) -> StoredCourse | None:
    """Return a course, None if there is none that the viewer may know of."""
    if not access.may_know_course(context.viewer, course_key):
        return None
    return await context.loaders.course.load(course_key)


async def find_course_by_id(context: Context, course_id: int) -> StoredCourse | None:
    """Return a course by its number, None if there is none that the viewer may know of."""
    if not context.viewer.signed_in:
        return None
    course = await context.loaders.course_by_id.load(course_id)
    if course is None or not access.may_know_course(context.viewer, course.key):
        return None
    return course


async def find_courses(
    context: Context, course_keys: Sequence[CourseKey]
) -> Sequence[StoredCourse]:
    """Return the courses of these keys, without those that the viewer may not know of."""
    known = [key for key in course_keys if access.may_know_course(context.viewer, key)]
    found = await context.loaders.course.load_many(known)
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
    """Return when the grades of this course stop changing, for this viewer."""
    if context.viewer.service is not None and not context.frozen_for_services:
        return GradesFreeze(None)
    return freeze_of(course.content.structure.end, context.freeze_after, course.freeze_by_hand)


def open_check(context: Context, now: datetime) -> Callable[[StoredCourse], None]:
    """Return the check that the grades of a course may be written, for whoever reads it.

    It raises GradesFrozen. Before anything is done it spares the work; in the transaction, of the
    course as it was read there, it is what counts: a freeze that is stored first always wins.
    """
    return lambda course: freeze(context, course).require_open(now)
