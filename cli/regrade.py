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
    from resolvers.course_grades import iterate
    from resolvers.courses import require_course

    done = failed = 0
    async with session(read_settings()) as context:
        course = await require_course(context, course_key)
        with progress_bars() as new_bar:
            show = new_bar("regrading", None)
            async for results in iterate(context, course, force=force):
                done += len(results)
                for result in results:
                    if result.error is not None:
                        failed += 1
                        typer.echo(f"learner {result.learner_id}: {result.error}", err=True)
                show(done, None)
    return done - failed, failed
