"""Finding, following and ending jobs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

import grading
from resolvers import courses, grade_jobs
from resolvers.context import Context
from resolvers.job_following import follow_job
from schema.course import Course
from schema.global_id import parse_global_id
from schema.grade_job import GradeJob
from schema.user_error import UserError, user_error_of


@strawberry.input(description="Which job to end.")
class CancelGradeJobInput:
    id: strawberry.ID = strawberry.field(description="The job's global id.")


@strawberry.type(description="The job that was ended.")
class CancelGradeJobPayload:
    job: GradeJob | None = strawberry.field(
        description="The job as it ended, which may be before it could be cancelled."
    )
    user_errors: list[UserError] = strawberry.field(description="Why it was not ended.")


async def find_grade_job(context: Context, id: str) -> GradeJob | None:
    """Return the job of a global id, None if there is none that the viewer may know of.

    :raises InvalidInput: if the id is none that this service made.
    """
    job_id = _job_id(id)
    return None if job_id is None else await find_job_of_number(context, job_id)


async def find_job_of_number(context: Context, job_id: int) -> GradeJob | None:
    """Return a job by its number, None if there is none that the viewer may know of."""
    job = await grade_jobs.find_job(context, job_id)
    return None if job is None else await _wrapped(context, job)


async def follow_grade_job(context: Context, id: str) -> AsyncGenerator[GradeJob, None]:
    """Yield a job as it goes on.

    :raises JobNotFound: if there is none that the viewer may know of.
    :raises InvalidInput: if the id is none that this service made.
    """
    job_id = _job_id(id)
    if job_id is None:
        raise grading.JobNotFound("This is the id of something else than a job.")
    async with aclosing(follow_job(context, job_id)) as states:
        async for job in states:
            wrapped = await _wrapped(context, job)
            if wrapped is not None:
                yield wrapped


async def cancel_grade_job(context: Context, input: CancelGradeJobInput) -> CancelGradeJobPayload:
    """End a job before it is done."""
    try:
        found = await find_grade_job(context, input.id)
        if found is None:
            raise grading.JobNotFound(
                "There is no such job, or you may not know of it.", field=["id"]
            )
        job = await grade_jobs.cancel(context, found.course.stored, found.value)
    except grading.GradingError as error:
        return CancelGradeJobPayload(job=None, user_errors=[user_error_of(error)])
    return CancelGradeJobPayload(job=GradeJob.of(job, found.course), user_errors=[])


def _job_id(id: str) -> int | None:
    target = parse_global_id(id)
    match target.type_name, target.numbers:
        case "GradeJob", (job_id,):
            return job_id
    return None


async def _wrapped(context: Context, job: grade_jobs.GradeJob) -> GradeJob | None:
    course = await courses.find_course_by_id(context, job.course_id)
    return None if course is None else GradeJob.of(job, Course.of(course))
