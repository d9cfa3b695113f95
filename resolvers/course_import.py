"""Publishing a course: its content stored, the grades under its former content recomputed."""

from dataclasses import dataclass

from db import courses
from db.course_grades import graded_ids
from grading import Cause, CourseContent, GradesFrozen, LearnerId
from resolvers import access
from resolvers.context import Context
from resolvers.course_grades import CHUNK
from resolvers.courses import StoredCourse, open_check
from resolvers.progress import Progress, batches, unseen
from resolvers.regrading import GradeResult, regrade_each

_PAGE = 10_000  # ids of learners read at a time


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to.

    ``changed`` is false where the content was the present one already; ``frozen`` is true where
    it is new and the stored grades, being frozen, stay as they are. ``regraded`` learners have
    their grade under the new content, and ``failures`` tells of the others.
    """

    course: StoredCourse
    changed: bool
    frozen: bool = False
    regraded: int = 0
    failures: tuple[GradeResult, ...] = ()


async def publish_course(
    context: Context, content: CourseContent, *, progress: Progress = unseen
) -> Published:
    """Make this the present content of its course and regrade whoever has a stored grade.

    The same content again is no news. ``progress`` counts learners.

    :raises Forbidden: if the viewer may not change everything.
    """
    access.require_global_staff(context.viewer)
    now = context.now()
    before = (await courses.present_courses([content.course_key])).get(content.course_key)
    course = await courses.publish(content, now=now)
    context.after_change()
    if before is not None and before.version_id == course.version_id:
        return Published(course, changed=False)
    require_open = open_check(context, now)
    origin = context.origin(_cause(before, course))
    failures: list[GradeResult] = []
    done, frozen = 0, False
    try:
        # The course as it is stored, with what staff have set.
        require_open((await courses.present_courses_by_id([course.id]))[course.id])
        learner_ids = await _graded(course.id)
        for chunk in batches(learner_ids, CHUNK):
            results = await regrade_each(
                course.id, chunk, force=True, origin=origin, now=now, require_open=require_open
            )
            failures += [result for result in results if result.error is not None]
            done += len(chunk)
            progress(done, len(learner_ids))
            context.after_change()
    except GradesFrozen:
        frozen = True
    return Published(
        course,
        changed=True,
        frozen=frozen,
        regraded=done - len(failures),
        failures=tuple(failures),
    )


def _cause(before: StoredCourse | None, after: StoredCourse) -> Cause:
    if before is not None and before.content.structure == after.content.structure:
        return Cause.GRADING_POLICY_CHANGED
    return Cause.COURSE_CONTENT_CHANGED


async def _graded(course_id: int) -> list[LearnerId]:
    found: list[LearnerId] = []
    while page := await graded_ids(course_id, after=found[-1] if found else None, limit=_PAGE):
        found += page
    return found
