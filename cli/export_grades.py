"""``export-grades``: a class's grades as a file."""

import asyncio
import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from cli.progress_bars import progress_bars
from cli.refusal import CommandRefused
from grading import CourseKey, parse_course_key


class FileFormat(StrEnum):
    """What the file looks like."""

    REPORT = "report"
    PROBLEMS = "problems"
    OVERRIDES = "overrides"
    PARQUET = "parquet"


def export_grades(
    course_key: Annotated[str, typer.Argument(help="For example course-v1:ORG+COURSE+RUN.")],
    format: Annotated[
        FileFormat,
        typer.Option(
            help="Open edX's grade report or problem grade report, the columns of its bulk-grade "
            "tool, or Parquet."
        ),
    ] = FileFormat.REPORT,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; standard output without it.")
    ] = None,
    inactive: Annotated[
        bool, typer.Option("--inactive", help="Also learners who have left the course.")
    ] = False,
) -> None:
    """Write the grades of a course to a file, as `exportGrades` does."""
    failed = asyncio.run(_export(parse_course_key(course_key), format, output, inactive=inactive))
    if failed:
        raise CommandRefused(
            "COMPUTATION_FAILED", f"{failed:,} learners are not in the file; see the log above."
        )


async def _export(
    course_key: CourseKey, chosen: FileFormat, output: Path | None, *, inactive: bool
) -> int:
    from cli.session import read_settings, session
    from resolvers.courses import require_course
    from resolvers.grade_exports import ExportFormat, open_file, start_export
    from resolvers.gradebook_filter import GradebookFilter
    from resolvers.job_running import run_job

    formats = {
        FileFormat.REPORT: ExportFormat.GRADE_REPORT,
        FileFormat.PROBLEMS: ExportFormat.PROBLEM_REPORT,
        FileFormat.OVERRIDES: ExportFormat.OVERRIDES,
        FileFormat.PARQUET: ExportFormat.PARQUET,
    }
    async with session(read_settings()) as context:
        course = await require_course(context, course_key)
        wanted = GradebookFilter(include_inactive=inactive)
        job = await start_export(context, course, formats[chosen], wanted)
        with progress_bars() as new_bar:
            job = await run_job(context, job, progress=new_bar("exporting", job.total))
        file = await open_file(context, job.id)
        with ExitStack() as stack:
            target = _opened(output, stack)
            async for chunk in file.chunks:
                target.write(chunk)
    return job.failed


def _opened(output: Path | None, stack: ExitStack) -> BinaryIO:
    if output is None:
        return sys.stdout.buffer
    try:
        return stack.enter_context(output.open("wb"))
    except OSError as error:
        raise CommandRefused(
            "FILE_NOT_WRITABLE", f"{output} cannot be written: {error.strerror}."
        ) from error
