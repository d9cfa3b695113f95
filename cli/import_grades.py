"""``import-grades``: overrides from a file in the columns of Open edX's bulk-grade tool."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.progress_bars import progress_bars
from cli.refusal import CommandRefused
from grading import CourseKey, parse_course_key

if TYPE_CHECKING:
    from db.grade_jobs import GradeJob
    from formats.csv_rows import RefusedLine
    from resolvers.grade_imports import ImportRequest


def import_grades(
    course_key: Annotated[str, typer.Argument(help="For example course-v1:ORG+COURSE+RUN.")],
    file: Annotated[
        Path, typer.Argument(help="A file as `export-grades --format overrides` writes it.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change; store no grade.")
    ] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Nothing where a line is refused.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why, for the history of each override.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write all refused lines to this CSV file.")
    ] = None,
) -> None:
    """Set the overrides in the columns new_override-…; an empty cell changes nothing."""
    from cli.refused_lines import report_of_refused
    from formats.csv_rows import open_csv
    from resolvers.grade_imports import ImportRequest

    request = ImportRequest(
        open_csv(file), dry_run=dry_run, all_or_nothing=all_or_nothing, reason=reason
    )
    with report_of_refused(report, on=file) as report_lines:
        job, refused = asyncio.run(_import(parse_course_key(course_key), request))
        report_lines(refused)
    typer.echo(f"{job.total:>9,} lines read")
    typer.echo(f"{job.saved:>9,} lines that {'would change' if dry_run else 'changed'} a grade")
    typer.echo(f"{job.failed:>9,} lines refused")
    if refused:
        raise CommandRefused("IMPORT_REFUSED", f"{job.failed:,} lines of {file} were refused.")


async def _import(
    course_key: CourseKey, request: "ImportRequest"
) -> "tuple[GradeJob, list[RefusedLine]]":
    from cli.session import read_settings, session
    from formats.csv_rows import RefusedLine
    from resolvers.courses import require_course
    from resolvers.grade_imports import start_import
    from resolvers.grade_jobs import job_failures
    from resolvers.job_running import run_job

    async with session(read_settings()) as context:
        course = await require_course(context, course_key)
        job = await start_import(context, course, request)
        with progress_bars() as new_bar:
            job = await run_job(context, job, progress=new_bar("importing", job.total))
        refused = [
            RefusedLine(one.line or 0, one.message, one.code) for one in await job_failures(job)
        ]
    return job, refused
