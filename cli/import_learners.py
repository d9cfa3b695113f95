"""``import-learners``: people and their enrollments, from a CSV file."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.progress_bars import count_lines, progress_bars
from grading import CourseKey, parse_course_key

if TYPE_CHECKING:
    from resolvers.learner_import import LearnersImported


def import_learners(
    file: Annotated[Path, typer.Argument(help="A CSV file with user_id and username.")],
    course: Annotated[
        str | None, typer.Option(help="The course of lines that have no course_key.")
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Store what is right in spite of refused lines.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write all refused lines to this CSV file.")
    ] = None,
) -> None:
    """Store learners, enrollments and roles: all of the file, or nothing where a line is wrong.

    It may be run again: what is stored already is left alone, and so is what a line leaves empty.
    """
    from cli.refused_lines import import_refused, report_of_refused

    course_key = None if course is None else parse_course_key(course)
    with report_of_refused(report, on=file) as report_lines:
        imported = asyncio.run(_import(file, course_key, keep_going=keep_going))
        report_lines(imported.refused)
    if not imported.stored:
        raise import_refused(imported.refused, file)
    for count, what in (
        (imported.lines, "lines read"),
        (imported.learners_added, "learners added"),
        (imported.learners_updated, "learners updated"),
        (imported.enrollments_added, "enrollments added"),
        (imported.enrollments_updated, "enrollments updated"),
        (imported.roles_added, "roles added"),
        (imported.lines_without_course, "lines without a course"),
        (len(imported.refused), "lines refused"),
    ):
        typer.echo(f"{count:>9,} {what}")


async def _import(
    file: Path, course_key: CourseKey | None, *, keep_going: bool
) -> "LearnersImported":
    from cli.session import read_settings, session
    from formats.csv_rows import open_csv
    from formats.learners_csv import read_learners
    from resolvers.learner_import import import_learners as store

    rows = read_learners(open_csv(file))
    async with session(read_settings()) as context:
        with progress_bars() as new_bar:
            return await store(
                context,
                rows,
                default_course=course_key,
                keep_going=keep_going,
                progress=new_bar("learners", count_lines(file)),
            )
