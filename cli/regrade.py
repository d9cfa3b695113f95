"""``regrade``: everybody's grade in a course computed anew."""

import asyncio
from typing import Annotated

import typer

from cli.progress_bars import progress_bars
from cli.refusal import CommandRefused
from grading import CourseKey, parse_course_key


def regrade(
    course_key: Annotated[str, typer.Argument(help="For example course-v1:ORG+COURSE+RUN.")],
    force: Annotated[
        bool, typer.Option(help="Recompute every subsection from its scores first.")
    ] = True,
) -> None:
    """Compute the grades of all learners of a course anew; one who fails never stops the rest."""
    graded, failed = asyncio.run(_regrade(parse_course_key(course_key), force=force))
    typer.echo(f"{graded:,} learners regraded")
    if failed:
        raise CommandRefused(
            "COMPUTATION_FAILED", f"{failed:,} learners could not be graded; see above."
        )


async def _regrade(course_key: CourseKey, *, force: bool) -> tuple[int, int]:
    from cli.session import read_settings, session
    from resolvers.courses import require_course
    from resolvers.grade_jobs import enrolled_learner_ids, job_failures, start_regrade
    from resolvers.job_running import run_job

    async with session(read_settings()) as context:
        course = await require_course(context, course_key)
        learner_ids = await enrolled_learner_ids(course)
        job = await start_regrade(context, course, learner_ids, force=force)
        with progress_bars() as new_bar:
            job = await run_job(context, job, progress=new_bar("regrading", job.total))
        for failure in await job_failures(job):
            typer.echo(f"learner {failure.learner_id}: {failure.message}", err=True)
    return job.processed - job.failed, job.failed
