"""Chunks of jobs: who works on which, exactly once, whoever is killed in between."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import dialect
from db.sql import execute, execute_many, fetch
from db.transaction import retrying, transaction
from grading import LearnerId


@dataclass(frozen=True, slots=True)
class JobChunk:
    """Some learners of a job, as one worker has it; ``attempt`` counts those who had it."""

    id: int
    job_id: int
    learner_ids: tuple[LearnerId, ...]
    attempt: int


_FREE: Final = (
    "select c.id from job_chunk c join grade_job j on j.id = c.job_id"
    " where c.state <> 'DONE' and (c.state = 'QUEUED' or c.lease_until < $1)"
    " and (c.not_before is null or c.not_before <= $1)"
    " and j.state in ('QUEUED', 'RUNNING'){of_job} order by c.id limit 1{lock}"
)


async def add_chunks(job_id: int, chunks: Iterable[Sequence[LearnerId]]) -> None:
    """Add chunks to a job."""
    await execute_many(
        "insert into job_chunk (job_id, learner_ids, state, attempts) values ($1, $2, 'QUEUED', 0)",
        [(job_id, json.dumps(list(learner_ids))) for learner_ids in chunks],
    )


@retrying
async def claim_chunk(
    *, now: datetime, lease_until: datetime, job_id: int | None = None
) -> JobChunk | None:
    """Take a chunk that nobody works on, of any job or of one; None where there is none.

    The attempt is counted before it begins, so that a chunk that kills its worker is known.
    """
    free = _FREE.format(
        of_job="" if job_id is None else " and c.job_id = $3",
        lock=" for update of c skip locked" if dialect() == "postgres" else "",
    )
    of_one = () if job_id is None else (job_id,)
    looked = _FREE.format(of_job="" if job_id is None else " and c.job_id = $2", lock="")
    if not await fetch(looked, now, *of_one):
        return None  # without waiting for a writer
    async with transaction():
        rows = await fetch(
            "update job_chunk set state = 'RUNNING', attempts = attempts + 1, lease_until = $2"
            f" where id = ({free}) returning id, job_id, learner_ids, attempts",
            now,
            lease_until,
            *of_one,
        )
    if not rows:
        return None
    ((chunk_id, of_job, learner_ids, attempts),) = rows
    return JobChunk(chunk_id, of_job, tuple(json.loads(learner_ids)), attempts)


async def settle_chunk(chunk: JobChunk) -> bool:
    """Mark a chunk as done; tell whether it still was this worker's to do."""
    settled = await execute(
        "update job_chunk set state = 'DONE', lease_until = null"
        " where id = $1 and state = 'RUNNING' and attempts = $2",
        chunk.id,
        chunk.attempt,
    )
    return settled == 1


async def release_chunk(chunk: JobChunk, *, not_before: datetime) -> None:
    """Give a chunk back, for another attempt later."""
    await execute(
        "update job_chunk set state = 'QUEUED', lease_until = null, not_before = $3"
        " where id = $1 and state = 'RUNNING' and attempts = $2",
        chunk.id,
        chunk.attempt,
        not_before,
    )


async def split_chunk(chunk: JobChunk) -> None:
    """Put a chunk for each learner in the place of one that cannot be done as a whole."""
    async with transaction():
        if await settle_chunk(chunk):
            await add_chunks(chunk.job_id, [[learner_id] for learner_id in chunk.learner_ids])


async def has_open_chunks(job_id: int) -> bool:
    """Tell whether a chunk of a job is left to do."""
    return bool(
        await fetch("select 1 from job_chunk where job_id = $1 and state <> 'DONE' limit 1", job_id)
    )
