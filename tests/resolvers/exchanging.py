"""Files of grades, made and taken in as jobs, for tests."""

from datetime import datetime, timedelta
from typing import Final

from db.courses import StoredCourse
from db.grade_jobs import GradeJob, jobs
from resolvers.grade_exports import ExportFormat, GradeFile, open_file, start_export
from resolvers.grade_imports import ImportRequest, start_import
from resolvers.gradebook_filter import ALL_ACTIVE, GradebookFilter
from resolvers.job_running import run_chunk
from tests.factories import NOW, context_of

LATER: Final = NOW + timedelta(hours=1)


async def finished(job: GradeJob, *, at: datetime = LATER) -> GradeJob:
    """Do all that is to be done; return the job as it ended."""
    while await run_chunk(context_of(now=at)):
        pass
    return (await jobs([job.id]))[job.id]


async def content_of_file(file: GradeFile) -> bytes:
    """Return all bytes of a file."""
    return b"".join([chunk async for chunk in file.chunks])


async def exported(
    course: StoredCourse, format: ExportFormat, wanted: GradebookFilter = ALL_ACTIVE
) -> bytes:
    """Return a file of a class's grades."""
    job = await finished(await start_export(context_of(now=LATER), course, format, wanted))
    return await content_of_file(await open_file(context_of(now=LATER), job.id))


async def imported(course: StoredCourse, text: str, **how: bool | str) -> GradeJob:
    """Take a file of overrides in; return the job as it ended."""
    request = ImportRequest(iter(text.splitlines(keepends=True)), **how)  # type: ignore[arg-type]
    return await finished(await start_import(context_of(now=LATER), course, request))
