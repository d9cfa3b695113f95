"""Exports: which file a job makes, and its pieces until they expire."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from db.sql import as_bool, as_datetime, execute, fetch


class ExportFormat(StrEnum):
    """What an exported file looks like."""

    GRADE_REPORT = "GRADE_REPORT"
    PROBLEM_REPORT = "PROBLEM_REPORT"
    OVERRIDES = "OVERRIDES"
    PARQUET = "PARQUET"


@dataclass(frozen=True, slots=True)
class GradeExport:
    """The file of a job: what it shows, under which version of the course, until when."""

    job_id: int
    version_id: int
    format: ExportFormat
    has_emails: bool
    expires_at: datetime


async def add_export(export: GradeExport) -> None:
    """Say which file a job makes. To be called in the transaction that adds the job."""
    await execute(
        "insert into job_export (job_id, course_version_id, format, has_emails, expires_at)"
        " values ($1, $2, $3, $4, $5)",
        export.job_id,
        export.version_id,
        export.format.value,
        export.has_emails,
        export.expires_at,
    )


async def export_of(job_id: int) -> GradeExport | None:
    """Return which file a job makes, None for a job of another kind."""
    rows = await fetch(
        "select job_id, course_version_id, format, has_emails, expires_at from job_export"
        " where job_id = $1",
        job_id,
    )
    for of_job, version_id, format_, has_emails, expires_at in rows:
        return GradeExport(
            of_job,
            version_id,
            ExportFormat(format_),
            as_bool(has_emails),
            as_datetime(expires_at),
        )
    return None


async def add_part(job_id: int, position: int, content: bytes) -> None:
    """Add a piece of a job's file. Pieces follow each other by position."""
    await execute(
        "insert into job_file_part (job_id, position, content) values ($1, $2, $3)",
        job_id,
        position,
        content,
    )


async def part_positions(job_id: int) -> list[int]:
    """Return the places of a file's pieces, in order."""
    rows = await fetch(
        "select position from job_file_part where job_id = $1 order by position", job_id
    )
    return [row[0] for row in rows]


async def part_at(job_id: int, position: int) -> bytes | None:
    """Return a piece of a file, None if it is no longer kept."""
    rows = await fetch(
        "select content from job_file_part where job_id = $1 and position = $2", job_id, position
    )
    return bytes(rows[0][0]) if rows else None


async def delete_expired_parts(*, now: datetime) -> int:
    """Delete the pieces of files that have expired; return how many there were."""
    return await execute(
        "delete from job_file_part where job_id in"
        " (select job_id from job_export where expires_at < $1)",
        now,
    )
