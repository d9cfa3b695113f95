"""Publishing a course: its content stored, the grades under its former content recomputed."""

from dataclasses import dataclass, replace

from db import courses
from db.grade_jobs import JobError
from db.transaction import transaction
from grading import Cause, CourseContent, RenamedType, renamed_types
from resolvers import access
from resolvers.content_effect import ContentEffect, Tell, all_graded_ids, effect_of, to_nobody
from resolvers.context import Context
from resolvers.courses import StoredCourse, freeze
from resolvers.grade_jobs import enqueue, job_failures
from resolvers.job_running import run_job
from resolvers.progress import Progress, unseen


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to.

    ``changed`` is false where the content was the present one already; ``frozen`` is true where
    it is new and the stored grades, being frozen, stay as they are. ``renamed`` are types that
    seem to be called otherwise now. ``regraded`` learners have their grade under the new content,
    and ``failures`` tells of the others.
    """

    course: StoredCourse
    changed: bool
    frozen: bool = False
    renamed: tuple[RenamedType, ...] = ()
    regraded: int = 0
    failures: tuple[JobError, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What publishing would come to, in the words of `Published`.

    There is no effect where no grade would be looked at.
    """

    changed: bool
    frozen: bool = False
    renamed: tuple[RenamedType, ...] = ()
    effect: ContentEffect | None = None


async def foresee_course(
    context: Context,
    content: CourseContent,
    *,
    tell: Tell = to_nobody,
    progress: Progress = unseen,
) -> Foreseen:
    """Return what publishing this content would change, without storing anything.

    ``tell`` is called with all grades that would be others, ``progress`` counts learners.

    :raises Forbidden: if the viewer may not change everything.
    """
    access.require_global_staff(context.viewer)
    present = (await courses.present_courses([content.course_key])).get(content.course_key)
    if present is None:
        return Foreseen(changed=True)
    if present.content.version == content.version:
        return Foreseen(changed=False)
    renamed = renamed_types(present.content, content)
    if freeze(context, replace(present, content=content)).frozen(context.now()):
        return Foreseen(changed=True, frozen=True, renamed=renamed)
    effect = await effect_of(context, present, content, tell=tell, progress=progress)
    return Foreseen(changed=True, renamed=renamed, effect=effect)


async def publish_course(
    context: Context, content: CourseContent, *, progress: Progress = unseen
) -> Published:
    """Make this the present content of its course and regrade whoever has a stored grade.

    The same content again is no news. The content is stored together with a job that regrades,
    which others go on with if this process does not. ``progress`` counts learners.

    :raises Forbidden: if the viewer may not change everything.
    """
    access.require_global_staff(context.viewer)
    now = context.now()
    job = None
    async with transaction():
        before = (await courses.present_courses([content.course_key])).get(content.course_key)
        course = await courses.publish(content, now=now)
        changed = before is None or before.version_id != course.version_id
        # The course as it is stored, with what staff have set.
        stored = (await courses.present_courses_by_id([course.id]))[course.id]
        frozen = changed and freeze(context, stored).frozen(now)
        if changed and not frozen and (learner_ids := await all_graded_ids(course.id)):
            cause = _cause(before, course)
            job = await enqueue(context, course, learner_ids, force=True, cause=cause)
    context.after_change()
    renamed = () if before is None else renamed_types(before.content, content)
    if job is None:
        return Published(course, changed=changed, frozen=frozen, renamed=renamed)
    done = await run_job(context, job, progress=progress)
    return Published(
        course,
        changed=True,
        renamed=renamed,
        regraded=done.processed - done.failed,
        failures=tuple(await job_failures(done)),
    )


def _cause(before: StoredCourse | None, after: StoredCourse) -> Cause:
    if before is not None and before.content.structure == after.content.structure:
        return Cause.GRADING_POLICY_CHANGED
    return Cause.COURSE_CONTENT_CHANGED
