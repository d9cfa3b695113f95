"""Reconciliation: every stored grade that is not what its scores make of it."""

from collections.abc import AsyncIterator
from typing import Final

from db.course_grades import course_grades
from db.course_list import CourseSelection, course_keys_after
from db.courses import StoredCourse, present_courses, versions_by_name
from db.enrollments import enrolled_ids
from grading import CourseKey, Discrepancy, LearnerId, discrepancy
from resolvers import access
from resolvers.context import Context
from resolvers.progress import Progress, unseen
from resolvers.regrading import learner_records

__all__ = ["Discrepancy", "every_course", "find_discrepancies"]

_PAGE: Final = 500  # learners looked at together
_COURSES: Final = 50  # read together


async def find_discrepancies(
    context: Context,
    course: StoredCourse,
    *,
    after: LearnerId | None = None,
    progress: Progress = unseen,
) -> AsyncIterator[Discrepancy]:
    """Recompute everybody's grade in a course, store nothing, and yield those who differ.

    In the order of user ids, those behind ``after``. ``progress`` counts learners.

    :raises Forbidden: if the viewer may not see everybody's grades.
    """
    access.require_all_grades_reader(context.viewer, course.key)
    last, done = after, 0
    while learner_ids := await enrolled_ids(course.id, after=last, limit=_PAGE):
        last = learner_ids[-1]
        for one in await _in_page(context, course, learner_ids):
            yield one
        done += len(learner_ids)
        progress(done, None)


async def every_course(context: Context) -> AsyncIterator[StoredCourse]:
    """Yield all courses, by key.

    :raises Forbidden: if the viewer may not see everything.
    """
    access.require_global_staff(context.viewer)
    last: CourseKey | None = None
    while keys := await course_keys_after(last, among=CourseSelection(), limit=_COURSES):
        last = keys[-1]
        present = await present_courses(keys)
        for key in keys:
            yield present[key]


async def _in_page(
    context: Context, course: StoredCourse, learner_ids: list[LearnerId]
) -> list[Discrepancy]:
    grades = await course_grades([course.id], learner_ids)
    names = {grade.course_version for grade in grades.values()} - {course.content.version}
    past = {one.content.version: one.content for one in await versions_by_name([course.id], names)}
    contents = {**past, course.content.version: course.content}
    records = await learner_records(course, learner_ids, with_scores=True)
    found = []
    for learner_id in learner_ids:
        record = records[learner_id]
        stored = record.course_grade
        then = None if stored is None else contents.get(stored.course_version)
        one = discrepancy(course.content, then, learner_id, record, now=context.now())
        if one is not None:
            found.append(one)
    return found
