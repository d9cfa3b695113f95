"""Exports of grades: asking for a file, and having it once it is made."""

import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from db.courses import StoredCourse
from db.grade_exports import (
    ExportFormat,
    GradeExport,
    add_export,
    add_part,
    export_of,
    part_at,
    part_positions,
)
from db.grade_jobs import GradeJob, JobKind, JobState, add_job
from db.job_chunks import add_chunks
from db.transaction import retrying, transaction
from formats.csv_writing import csv_lines
from formats.grade_report_csv import grade_report_header, problem_report_header
from formats.gradebook_csv import gradebook_header
from formats.grades_parquet import ParquetFile, require_parquet
from grading import Cause, ExportExpired, ExportNotReady, JobNotFound, LearnerId, TooManyItems
from resolvers import access
from resolvers.context import Context
from resolvers.courses import find_course_by_id
from resolvers.grade_columns import columns_of, graded_ids
from resolvers.grade_jobs import CHUNK, find_job
from resolvers.gradebook import read_learner_ids
from resolvers.gradebook_filter import ALL_ACTIVE, GradebookFilter
from resolvers.progress import batches

__all__ = ["ExportFormat", "GradeFile"]

MAX_CELLS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class GradeFile:
    """A file that is complete. ``chunks`` are its bytes, read as they are taken."""

    name: str
    media_type: str
    chunks: AsyncIterator[bytes]


async def start_export(
    context: Context,
    course: StoredCourse,
    format: ExportFormat,
    wanted: GradebookFilter = ALL_ACTIVE,
) -> GradeJob:
    """Ask for a file of the grades of whom a filter lets through, by whichever worker is free.

    :raises Forbidden: if the viewer may not see everybody's grades.
    :raises FormatUnavailable: if the format's library is not installed.
    :raises TooManyItems: if the file would have more than 50,000,000 cells.
    """
    access.require_all_grades_reader(context.viewer, course.key)
    if format is ExportFormat.PARQUET:
        require_parquet()
    learner_ids = sorted(await read_learner_ids(context, course, wanted))
    cells = len(learner_ids) * columns_of(course.content, format)
    if cells > MAX_CELLS:
        raise TooManyItems(
            f"The file would have {cells:,} cells, more than {MAX_CELLS:,}: choose fewer learners "
            "with a filter.",
            field=["filter"],
        )
    return await _enqueue(context, course, format, learner_ids)


async def read_download(context: Context, job: GradeJob) -> str | None:
    """Return the path of a job's file, None where there is none that the viewer may have now."""
    if job.kind is not JobKind.EXPORT or not _is_complete(job):
        return None
    export = await export_of(job.id)
    course = await find_course_by_id(context, job.course_id)
    if export is None or course is None or not _may_have(context, course, export):
        return None
    return None if context.now() >= export.expires_at else f"/exports/{job.id}"


async def open_file(context: Context, job_id: int) -> GradeFile:
    """Return a job's file.

    :raises JobNotFound: if there is none that the viewer may have.
    :raises ExportNotReady: if it is not complete, or its job was cancelled.
    :raises ExportExpired: if it is no longer kept.
    """
    job = await find_job(context, job_id)
    export = None if job is None else await export_of(job.id)
    course = None if job is None else await find_course_by_id(context, job.course_id)
    if job is None or export is None or course is None or not _may_have(context, course, export):
        raise JobNotFound("There is no such file, or you may not have it.")
    if not _is_complete(job):
        raise ExportNotReady(f"The file is not complete: its job is {job.state.value}.")
    positions = await part_positions(job.id)
    if context.now() >= export.expires_at or not positions:
        raise ExportExpired("The file has expired: export the grades anew.")
    stem = "".join(letter if letter.isalnum() else "-" for letter in str(course.key))
    name = f"{stem}_{export.format.value.lower()}_{job.created_at:%Y-%m-%d-%H%M}"
    if export.format is ExportFormat.PARQUET:
        chunks = _as_parquet(_pieces(job.id, positions))
        return GradeFile(f"{name}.parquet", "application/vnd.apache.parquet", chunks)
    return GradeFile(f"{name}.csv", "text/csv; charset=utf-8", _pieces(job.id, positions))


@retrying
async def _enqueue(
    context: Context,
    course: StoredCourse,
    format: ExportFormat,
    learner_ids: Sequence[LearnerId],
) -> GradeJob:
    now = context.now()
    # It changes no grade, so nothing is ever announced with this cause.
    origin = context.origin(Cause.GRADE_UPDATED)
    async with transaction():
        job = await add_job(
            course.id,
            JobKind.EXPORT,
            force=False,
            cause=origin.cause,
            actor=origin.actor,
            correlation_id=origin.correlation_id,
            total=len(learner_ids),
            now=now,
        )
        await add_export(
            GradeExport(
                job.id,
                course.version_id,
                format,
                access.may_see_email(context.viewer, [course.key]),
                now + context.exports_kept,
            )
        )
        await add_part(job.id, 0, zlib.compress(_header(course, format).encode()))
        await add_chunks(job.id, list(batches(learner_ids, CHUNK)) or [[]])
    return job


def _header(course: StoredCourse, format: ExportFormat) -> str:
    match format:
        case ExportFormat.GRADE_REPORT:
            columns = grade_report_header(course.content)
        case ExportFormat.PROBLEM_REPORT:
            columns = problem_report_header(course.content)
        case ExportFormat.OVERRIDES:
            columns = gradebook_header(graded_ids(course.content).values())
        case ExportFormat.PARQUET:
            return ""
    return "".join(csv_lines([columns]))


def _is_complete(job: GradeJob) -> bool:
    return job.state in {JobState.COMPLETED, JobState.COMPLETED_WITH_ERRORS}


def _may_have(context: Context, course: StoredCourse, export: GradeExport) -> bool:
    # Who asked for it may have seen more than who comes for it.
    return access.may_read_all_grades(context.viewer, course.key) and (
        not export.has_emails or access.may_see_email(context.viewer, [course.key])
    )


async def _pieces(job_id: int, positions: Sequence[int]) -> AsyncIterator[bytes]:
    for position in positions:
        piece = await part_at(job_id, position)
        if piece is None:  # rather a broken download than a file without its end
            raise ExportExpired("The file expired while it was read.")
        if content := zlib.decompress(piece):
            yield content


async def _as_parquet(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    require_parquet()
    file = ParquetFile()
    async for piece in pieces:
        yield file.add(piece)
    yield file.end()
