"""The courses in which the viewer may see a grade, and what they may do in each."""

from dataclasses import dataclass

from db.course_list import CourseSelection, course_count, course_keys_after
from db.courses import StoredCourse
from grading import CourseKey, InvalidInput, TooManyItems
from resolvers import access
from resolvers.context import Context
from resolvers.courses import find_courses
from resolvers.learners import own_learner, read_enrollment

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class CoursePage:
    """Courses in a row by key, and whether there are more."""

    courses: tuple[StoredCourse, ...]
    has_next: bool


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the viewer may do with the grades of a course."""

    view_all_grades: bool
    edit_grades: bool
    edit_course: bool


async def read_course_page(context: Context, *, first: int, after: CourseKey | None) -> CoursePage:
    """Return the next courses behind a key.

    :raises InvalidInput: if a number below 0 is asked for.
    :raises TooManyItems: if more than 100 are asked for.
    """
    if first < 0:
        raise InvalidInput("first must not be negative.")
    if first > MAX_PAGE:
        raise TooManyItems(f"first may be at most {MAX_PAGE}; page on with the cursor.")
    selection = _selection(context)
    if selection is None:
        return CoursePage((), has_next=False)
    keys = await course_keys_after(after, among=selection, limit=first + 1)
    found = await find_courses(context, keys[:first])
    return CoursePage(tuple(found), has_next=len(keys) > first)


async def count_courses(context: Context) -> int:
    """Count the courses that the pages list."""
    selection = _selection(context)
    return 0 if selection is None else await course_count(selection)


def permissions_of(context: Context, course: StoredCourse) -> Permissions:
    """Return what the viewer may do with the grades of a course."""
    viewer = context.viewer
    return Permissions(
        view_all_grades=access.may_read_all_grades(viewer, course.key),
        edit_grades=access.may_edit_grades(viewer, course.key),
        edit_course=access.may_edit_course(viewer, course.key),
    )


async def learns_in(context: Context, course: StoredCourse) -> bool:
    """Tell whether the viewer is an active learner of a course, who may see their own grade."""
    own = await own_learner(context)
    if own is None or not access.may_read_grade(context.viewer, course.key, own.id):
        return False
    enrollment = await read_enrollment(context, course, own.id)
    return enrollment is not None and enrollment.active


def _selection(context: Context) -> CourseSelection | None:
    where = access.courses_with_grades(context.viewer)
    if where is None:
        return None
    return (
        CourseSelection() if where.everywhere else CourseSelection(where.keys, where.organizations)
    )
