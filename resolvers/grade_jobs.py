"""Jobs: asking for work on a whole class, and how far it is."""

from collections.abc import Sequence

from db.courses import StoredCourse, present_courses_by_id
from db.enrollments import enrolled_ids
from db.grade_imports import refused_lines
from db.grade_jobs import GradeJob, JobError, JobKind, JobState, add_job, cancel_job, jobs
from db.grade_jobs import job_errors as stored_errors
from db.job_chunks import add_chunks
from db.transaction import retrying, transaction
from grading import Cause, InvalidInput, LearnerId, TooManyItems, freeze_of
from resolvers import access
from resolvers.context import Context
from resolvers.courses import find_course_by_id
from resolvers.first_answers import FirstTime
from resolvers.progress import batches

__all__ = ["GradeJob", "JobError", "JobKind", "JobState"]

CHUNK = 25  # learners a transaction: few, since whoever records one's score waits for all
MAX_ERRORS = 100


@retrying
async def start_regrade(
    context: Context,
    course: StoredCourse,
    learner_ids: Sequence[LearnerId],
    *,
    force: bool,
    first: FirstTime[GradeJob] | None = None,
) -> GradeJob:
    """Ask for the grades of these learners to be computed anew, by whichever worker is free.

    ``first`` keeps the job as what a request came to.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    """
    access.require_grades_editor(context.viewer, course.key)
    async with transaction():
        present = (await present_courses_by_id([course.id]))[course.id]
        # Not what this viewer may: who does the chunks may not write what is frozen.
        end = present.content.structure.end
        freeze = freeze_of(end, context.freeze_after, present.freeze_by_hand)
        freeze.require_open(context.now())
        if first is not None:
            await first.require()
        job = await enqueue(context, course, learner_ids, force=force, cause=Cause.GRADE_UPDATED)
        if first is not None:
            await first.keep(job)
    context.after_change()
    return job


async def enqueue(
    context: Context,
    course: StoredCourse,
    learner_ids: Sequence[LearnerId],
    *,
    force: bool,
    cause: Cause,
) -> GradeJob:
    """Add a regrade with its chunks. To be called in the transaction that makes it necessary."""
    origin = context.origin(cause)
    job = await add_job(
        course.id,
        JobKind.REGRADE,
        force=force,
        cause=cause,
        actor=origin.actor,
        correlation_id=origin.correlation_id,
        total=len(learner_ids),
        now=context.now(),
    )
    # A job without learners has a chunk as well, which finishes it.
    await add_chunks(job.id, list(batches(learner_ids, CHUNK)) or [[]])
    return job


async def enrolled_learner_ids(course: StoredCourse) -> list[LearnerId]:
    """Return everybody who was ever enrolled in a course."""
    found: list[LearnerId] = []
    while page := await enrolled_ids(course.id, after=found[-1] if found else None, limit=10_000):
        found += page
    return found


async def find_job(context: Context, job_id: int) -> GradeJob | None:
    """Return a job, None if there is none that the viewer may know of."""
    if not context.viewer.signed_in:
        return None
    job = (await jobs([job_id])).get(job_id)
    if job is None:
        return None
    course = await find_course_by_id(context, job.course_id)
    if course is None:
        return None
    may = access.may_read_all_grades if job.kind is JobKind.EXPORT else access.may_edit_grades
    return job if may(context.viewer, course.key) else None


async def read_errors(
    context: Context, course: StoredCourse, job: GradeJob, *, first: int, after: int
) -> tuple[list[JobError], bool]:
    """Return a page of what could not be done, and whether there is more.

    :raises Forbidden: if the viewer may not know of the job.
    :raises InvalidInput: if a negative number is asked for.
    :raises TooManyItems: if more than 100 are asked for.
    """
    _require_part_in(context, course, job)
    if first < 0:
        raise InvalidInput("first must not be negative.")
    if first > MAX_ERRORS:
        raise TooManyItems(f"first may be at most {MAX_ERRORS}; page on with the cursor.")
    found = await _errors(job, after=after, limit=first + 1)
    return found[:first], len(found) > first


async def cancel(context: Context, course: StoredCourse, job: GradeJob) -> GradeJob:
    """End a job before it is done; what it has done stays.

    :raises Forbidden: if the viewer may not know of the job.
    """
    _require_part_in(context, course, job)
    await cancel_job(job.id, now=context.now())
    return (await jobs([job.id]))[job.id]


async def job_failures(job: GradeJob) -> list[JobError]:
    """Return all that could not be done in a job of this process."""
    found: list[JobError] = []
    while page := await _errors(job, after=found[-1].id if found else 0, limit=1_000):
        found += page
    return found


async def _errors(job: GradeJob, *, after: int, limit: int) -> list[JobError]:
    read = refused_lines if job.kind is JobKind.IMPORT else stored_errors
    return await read(job.id, after=after, limit=limit)


def _require_part_in(context: Context, course: StoredCourse, job: GradeJob) -> None:
    # An export changes nothing: who may read all that it tells may have it made, and end it.
    if job.kind is JobKind.EXPORT:
        access.require_all_grades_reader(context.viewer, course.key)
    else:
        access.require_grades_editor(context.viewer, course.key)
