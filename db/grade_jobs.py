"""Jobs: what is to be done, how far it is, and what could not be done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from db.sql import among, as_bool, as_datetime, execute, fetch, id_array
from db.upsert import Upsert, upsert_rows
from grading import Cause, GradingError, LearnerId


class JobKind(StrEnum):
    """What a job does."""

    REGRADE = "REGRADE"
    IMPORT = "IMPORT"
    EXPORT = "EXPORT"


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    COMPLETED_WITH_ERRORS = "COMPLETED_WITH_ERRORS"
    CANCELLED = "CANCELLED"

    @property
    def finished(self) -> bool:
        """Tell whether nothing more will happen."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True)
class GradeJob:
    """Work on the grades of a course.

    Of ``total`` learners, or lines of an import, ``processed`` are done; ``saved`` have another
    grade than before, and ``failed`` have an error instead. ``force`` recomputes subsections from
    their scores first.
    """

    id: int
    course_id: int
    kind: JobKind
    state: JobState
    force: bool
    cause: Cause
    actor: str | None
    correlation_id: str
    total: int
    processed: int
    saved: int
    failed: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobError:
    """Why one part of a job was not done: a learner's, or a line's of a file that comes in.

    ``id`` is its place among a job's errors. A line may name nobody.
    """

    id: int
    learner_id: LearnerId | None
    code: str
    message: str
    line: int | None = None


_COLUMNS: Final = (
    "id, course_id, kind, state, force, cause, actor, correlation_id, total, processed, saved,"
    " failed, created_at, finished_at"
)
_ADD_ERRORS: Final = Upsert(
    table="job_error",
    columns={"job_id": "bigint", "learner_id": "bigint", "code": "text", "message": "text"},
    key=("job_id", "learner_id"),
)


async def add_job(  # noqa: PLR0913 - its columns
    course_id: int,
    kind: JobKind,
    *,
    force: bool,
    cause: Cause,
    actor: str | None,
    correlation_id: str,
    total: int,
    now: datetime,
) -> GradeJob:
    """Add a job. To be called in the transaction that adds its chunks."""
    ((job_id,),) = await fetch(
        "insert into grade_job (course_id, kind, state, force, cause, actor, correlation_id,"
        " total, processed, saved, failed, created_at)"
        " values ($1, $2, 'QUEUED', $3, $4, $5, $6, $7, 0, 0, 0, $8) returning id",
        course_id,
        kind.value,
        force,
        cause.value,
        actor,
        correlation_id,
        total,
        now,
    )
    return (await jobs([job_id]))[job_id]


async def jobs(ids: Iterable[int]) -> dict[int, GradeJob]:
    """Return the jobs of these numbers that exist."""
    rows = await fetch(f"select {_COLUMNS} from grade_job where {among('id', 1)}", id_array(ids))
    return {row[0]: _job(row) for row in rows}


async def count_progress(job_id: int, *, processed: int, saved: int, failed: int) -> bool:
    """Count what a chunk came to; tell whether the job is still to be done.

    It locks the job until the transaction ends: to be called last.
    """
    counted = await execute(
        "update grade_job set processed = processed + $2, saved = saved + $3,"
        " failed = failed + $4, state = 'RUNNING'"
        " where id = $1 and state in ('QUEUED', 'RUNNING')",
        job_id,
        processed,
        saved,
        failed,
    )
    return counted == 1


async def extend(job_id: int, more: int) -> None:
    """Count learners in that were found later."""
    await execute("update grade_job set total = total + $2 where id = $1", job_id, more)


async def finish_if_done(job_id: int, *, now: datetime) -> None:
    """Finish a job of which no chunk is left. To be called while the job is locked."""
    await execute(
        "update grade_job set finished_at = $2, state ="
        " case when failed > 0 then 'COMPLETED_WITH_ERRORS' else 'COMPLETED' end"
        " where id = $1 and state in ('QUEUED', 'RUNNING') and not exists"
        " (select 1 from job_chunk c where c.job_id = $1 and c.state <> 'DONE')",
        job_id,
        now,
    )


async def cancel_job(job_id: int, *, now: datetime) -> bool:
    """End a job before it is done; tell whether it was not."""
    cancelled = await execute(
        "update grade_job set state = 'CANCELLED', finished_at = $2"
        " where id = $1 and state in ('QUEUED', 'RUNNING')",
        job_id,
        now,
    )
    return cancelled == 1


async def add_job_errors(job_id: int, errors: Sequence[tuple[LearnerId, GradingError]]) -> None:
    """Keep why learners of a job have no grade of it."""
    await upsert_rows(
        _ADD_ERRORS,
        [(job_id, learner_id, error.code, error.message) for learner_id, error in errors],
    )


async def job_errors(job_id: int, *, after: int = 0, limit: int) -> list[JobError]:
    """Return a page of a job's errors."""
    rows = await fetch(
        "select id, learner_id, code, message from job_error"
        " where job_id = $1 and id > $2 order by id limit $3",
        job_id,
        after,
        limit,
    )
    return [JobError(row[0], LearnerId(row[1]), row[2], row[3]) for row in rows]


def _job(row: Sequence[Any]) -> GradeJob:
    return GradeJob(
        id=row[0],
        course_id=row[1],
        kind=JobKind(row[2]),
        state=JobState(row[3]),
        force=as_bool(row[4]),
        cause=Cause(row[5]),
        actor=row[6],
        correlation_id=row[7],
        total=row[8],
        processed=row[9],
        saved=row[10],
        failed=row[11],
        created_at=as_datetime(row[12]),
        finished_at=as_datetime(row[13]),
    )
