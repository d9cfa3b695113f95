"""Imports of overrides: a file checked line by line, and handed to a job."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from db.courses import StoredCourse, present_courses_by_id
from db.enrollments import enrollments
from db.grade_imports import ImportedLine, ImportManner, WantedLine, add_import, imported_lines
from db.grade_jobs import GradeJob, JobKind, add_job, count_progress, jobs
from db.job_chunks import add_chunks
from db.transaction import retrying, transaction
from formats.csv_rows import RefusedLine
from formats.gradebook_csv import OverrideRow, read_overrides
from grading import (
    Cause,
    DuplicateItem,
    InvalidInput,
    LearnerId,
    LearnerNotEnrolled,
    TooManyItems,
    freeze_of,
)
from resolvers import access
from resolvers.context import Context
from resolvers.first_answers import FirstTime, RequestKey, first_time, once
from resolvers.grade_columns import graded_ids
from resolvers.grade_jobs import CHUNK, MAX_ERRORS
from resolvers.overrides import MAX_REASON
from resolvers.progress import batches
from resolvers.storable import is_storable

__all__ = ["ImportedLine"]

MAX_LINES: Final = 100_000
MOST_TOGETHER: Final = 1_000  # lines that are stored all or none, in one transaction
REASON: Final = "Bulk Grade Import"  # Open edX's words


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file in the columns of Open edX's bulk-grade tool, and how it is to be taken in."""

    lines: Iterable[str]
    dry_run: bool = False
    all_or_nothing: bool = False
    reason: str | None = None


async def start_import(
    context: Context,
    course: StoredCourse,
    request: ImportRequest,
    *,
    key: RequestKey | None = None,
) -> GradeJob:
    """Ask for the overrides of a file to be set, by whichever worker is free.

    Lines that cannot be right are refused now, the others when their turn comes. What was asked
    for before under ``key`` is the same job, as it is now.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises InvalidInput: if the columns are not those of this course.
    :raises TooManyItems: if there are more than 100,000 lines, or 1,000 that are all or nothing.
    :raises IdempotencyKeyReused: if something else was asked for under ``key``.
    """
    access.require_grades_editor(context.viewer, course.key)

    async def act() -> GradeJob:
        own = context.for_change()
        manner, lines = await _read(course, request)
        return await _enqueue(own, course, manner, lines, first_time(own, key, _number))

    return await once(context, key, act, _job)


def _number(job: GradeJob) -> object:
    return {"job": job.id}


async def _job(body: dict[str, Any]) -> GradeJob:
    job_id: int = body["job"]
    return (await jobs([job_id]))[job_id]


async def _read(
    course: StoredCourse, request: ImportRequest
) -> tuple[ImportManner, list[WantedLine]]:
    reason = (request.reason or "").strip() or REASON
    if len(reason) > MAX_REASON or not is_storable(reason):
        raise InvalidInput(
            f"A reason has at most {MAX_REASON} characters, none of them NUL or half a character.",
            field=["reason"],
        )
    try:
        rows = read_overrides(request.lines, graded_ids(course.content))
    except InvalidInput as error:
        error.field = ("csv",)
        raise
    most = MOST_TOGETHER if request.all_or_nothing else MAX_LINES
    lines = await _checked(course, rows, most)
    return ImportManner(request.dry_run, request.all_or_nothing, reason), lines


async def read_lines(
    context: Context, course: StoredCourse, job: GradeJob, *, first: int, after: int
) -> tuple[list[ImportedLine], bool]:
    """Return a page of the lines of an import, and whether there is more.

    :raises Forbidden: if the viewer may not change grades.
    :raises InvalidInput: if a negative number is asked for.
    :raises TooManyItems: if more than 100 are asked for.
    """
    access.require_grades_editor(context.viewer, course.key)
    if first < 0:
        raise InvalidInput("first must not be negative.")
    if first > MAX_ERRORS:
        raise TooManyItems(f"first may be at most {MAX_ERRORS}; page on with the cursor.")
    found = await imported_lines(job.id, after=after, limit=first + 1)
    return found[:first], len(found) > first


async def _checked(
    course: StoredCourse, rows: Iterator[OverrideRow | RefusedLine], most: int
) -> list[WantedLine]:
    met: set[LearnerId] = set()
    lines: list[WantedLine] = []
    for batch in batches(rows, 1_000):
        ids = [row.user_id for row in batch if isinstance(row, OverrideRow)]
        known = {learner_id for _, learner_id in await enrollments([course.id], ids)}
        lines += [_line(course, row, known, met) for row in batch]
        if len(lines) > most:
            raise TooManyItems(
                f"The file has more than {most:,} lines; send it in several.", field=["csv"]
            )
    return lines


def _line(
    course: StoredCourse,
    row: OverrideRow | RefusedLine,
    known: set[LearnerId],
    met: set[LearnerId],
) -> WantedLine:
    if isinstance(row, RefusedLine):
        return WantedLine(row.line, None, {}, (row.code, row.reason))
    learner_id = row.user_id if row.user_id in known else None
    fault: tuple[str, str] | None = None
    if row.course_key != course.key:
        fault = (InvalidInput.code, f"It is about {row.course_key}, not about {course.key}.")
    elif learner_id is None:
        fault = (
            LearnerNotEnrolled.code,
            f"Learner {row.user_id} is not enrolled in {course.key}.",
        )
    elif learner_id in met:
        fault = (DuplicateItem.code, f"An earlier line is about learner {learner_id} as well.")
    else:
        met.add(learner_id)
    return WantedLine(row.line, learner_id, row.overrides, fault)


@retrying
async def _enqueue(
    context: Context,
    course: StoredCourse,
    manner: ImportManner,
    lines: list[WantedLine],
    first: FirstTime[GradeJob] | None,
) -> GradeJob:
    now = context.now()
    origin = context.origin(Cause.BULK_IMPORT)
    right = sorted(one.learner_id for one in lines if one.refusal is None and one.learner_id)
    refused = len(lines) - len(right)
    async with transaction():
        present = (await present_courses_by_id([course.id]))[course.id]
        # Not what this viewer may: who does the chunks may not write what is frozen.
        end = present.content.structure.end
        freeze_of(end, context.freeze_after, present.freeze_by_hand).require_open(now)
        if first is not None:
            await first.require()
        job = await add_job(
            course.id,
            JobKind.IMPORT,
            force=False,
            cause=origin.cause,
            actor=origin.actor,
            correlation_id=origin.correlation_id,
            total=len(lines),
            now=now,
        )
        await add_import(job.id, manner, lines)
        if refused:
            await count_progress(job.id, processed=refused, saved=0, failed=refused)
        together = MOST_TOGETHER if manner.all_or_nothing else CHUNK
        # A job without learners has a chunk as well, which finishes it.
        await add_chunks(job.id, list(batches(right, together)) or [[]])
        if first is not None:
            await first.keep(job)
        return (await jobs([job.id]))[job.id]
