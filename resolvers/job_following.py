"""Following jobs: how far one is, told again whenever that has changed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from grading import JobNotFound
from resolvers.context import Context
from resolvers.grade_jobs import GradeJob, find_job

PAUSE: Final = 0.5  # seconds between two looks: messages never come faster


async def follow_job(
    context: Context, job_id: int, *, pause: float = PAUSE
) -> AsyncGenerator[GradeJob, None]:
    """Yield a job as it is, again when it has gone on, and for the last time when it has ended.

    :raises JobNotFound: if there is none that the viewer may, or may still, know of.
    """
    told: GradeJob | None = None
    while True:
        viewer = await context.present_viewer()
        job = await find_job(context.for_event(viewer), job_id)
        if job is None:
            raise JobNotFound("There is no such job, or you may not know of it.")
        if job != told:
            told = job
            yield job
        if job.state.finished:
            return
        await asyncio.sleep(pause)
