"""Running jobs: a chunk claimed, done and counted, exactly once whoever is killed."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from db.course_grades import stale_ids
from db.courses import StoredCourse, present_courses_by_id
from db.errors import DBConnectionError, OperationalError, RetryableError
from db.event_log import Origin
from db.grade_imports import refuse_lines
from db.grade_jobs import (
    GradeJob,
    JobKind,
    add_job_errors,
    count_progress,
    extend,
    finish_if_done,
    jobs,
)
from db.job_chunks import (
    JobChunk,
    add_chunks,
    claim_chunk,
    has_open_chunks,
    release_chunk,
    settle_chunk,
    split_chunk,
)
from db.transaction import grade_transaction, retrying
from grading import Cause, ComputationFailed, GradesFrozen, GradingError, LearnerId
from resolvers.context import Context
from resolvers.courses import freeze
from resolvers.grade_exporting import export_chunk
from resolvers.grade_importing import import_chunk
from resolvers.grade_jobs import CHUNK
from resolvers.progress import Progress, unseen
from resolvers.regrading import learner_records, regrade_records, save_regraded

LEASE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 5
BACKOFF: Final = timedelta(seconds=2)  # and twice as long after each attempt
WAIT: Final = 0.2  # seconds, while others do the last chunks
_FOR_NEW_CONTENT: Final = frozenset({Cause.GRADING_POLICY_CHANGED, Cause.COURSE_CONTENT_CHANGED})

logger = logging.getLogger(__name__)


class _NotOurs(Exception):
    """The chunk is another worker's by now, or its job was cancelled: nothing may be stored."""


async def run_chunk(context: Context, *, job_id: int | None = None) -> bool:
    """Do a chunk of any job, or of one; tell whether there was one to do.

    Any number of workers may do so at once. A worker that dies is waited for until its lease ends.
    """
    now = context.now()
    chunk = await claim_chunk(now=now, lease_until=now + LEASE, job_id=job_id)
    if chunk is None:
        return False
    job = (await jobs([chunk.job_id]))[chunk.job_id]
    try:
        if chunk.attempt > MOST_ATTEMPTS:
            await _give_up(context, job, chunk)
        else:
            await _do(context, job, chunk)
    except _NotOurs:
        logger.info("chunk %d of job %d is no longer ours", chunk.id, job.id)
    except (RetryableError, DBConnectionError, OperationalError) as error:
        logger.warning("chunk %d of job %d failed, trying again: %s", chunk.id, job.id, error)
        later = BACKOFF * 2**chunk.attempt
        await release_chunk(chunk, not_before=context.now() + later)
    except Exception:
        logger.exception("chunk %d of job %d cannot be done", chunk.id, job.id)
        await _give_up(context, job, chunk)
    context.after_change()
    return True


async def run_job(context: Context, job: GradeJob, *, progress: Progress = unseen) -> GradeJob:
    """Do a job to its end, together with whoever else works on it. ``progress`` counts learners."""
    while not job.state.finished:
        if not await run_chunk(context, job_id=job.id):
            await asyncio.sleep(WAIT)
        job = (await jobs([job.id]))[job.id]
        progress(job.processed, job.total)
    return job


@retrying
async def _do(context: Context, job: GradeJob, chunk: JobChunk) -> None:
    now = context.now()
    async with grade_transaction(job.course_id, chunk.learner_ids):
        if not await settle_chunk(chunk):
            raise _NotOurs
        course = (await present_courses_by_id([job.course_id]))[job.course_id]
        if job.kind is JobKind.EXPORT:
            saved, failures = 0, await export_chunk(job, chunk.learner_ids)
        else:
            try:
                freeze(context, course).require_open(now)
            except GradesFrozen as frozen:
                saved, failures = 0, dict.fromkeys(chunk.learner_ids, frozen)
            else:
                work = import_chunk if job.kind is JobKind.IMPORT else _regrade
                saved, failures = await work(job, course, chunk.learner_ids, now=now)
        await _count(context, job, course, chunk, saved=saved, failures=failures)


async def _regrade(
    job: GradeJob, course: StoredCourse, learner_ids: Sequence[LearnerId], *, now: datetime
) -> tuple[int, dict[LearnerId, GradingError]]:
    records = await learner_records(course, learner_ids, with_scores=job.force)
    recompute = tuple(course.content.subsections) if job.force else ()
    regraded, failures = regrade_records(
        course, records, dict.fromkeys(learner_ids, recompute), now=now
    )
    origin = Origin(job.cause, job.actor, job.correlation_id)
    await save_regraded(course, regraded, origin, now=now)
    changed = 0
    for learner_id, one in regraded.items():
        before = records[learner_id].course_grade
        changed += one.course_grade.version > (0 if before is None else before.version)
    return changed, failures


async def _give_up(context: Context, job: GradeJob, chunk: JobChunk) -> None:
    if len(chunk.learner_ids) > 1:
        # One of them it is: the others shall not wait for that one.
        await split_chunk(chunk)
        return
    error = ComputationFailed("This learner's grade could not be stored; see the log.")
    async with grade_transaction(job.course_id, chunk.learner_ids):
        if not await settle_chunk(chunk):
            return
        course = (await present_courses_by_id([job.course_id]))[job.course_id]
        failures = dict.fromkeys(chunk.learner_ids, error)
        await _count(context, job, course, chunk, saved=0, failures=failures)


async def _count(  # noqa: PLR0913 - a chunk of a job of a course, and what it came to
    context: Context,
    job: GradeJob,
    course: StoredCourse,
    chunk: JobChunk,
    *,
    saved: int,
    failures: Mapping[LearnerId, GradingError],
) -> None:
    if job.kind is JobKind.IMPORT:
        await refuse_lines(job.id, failures)
    else:
        await add_job_errors(job.id, list(failures.items()))
    # From here on the job is locked: its last chunks finish one after the other.
    counted = await count_progress(
        job.id, processed=len(chunk.learner_ids), saved=saved, failed=len(failures)
    )
    if not counted:
        raise _NotOurs
    if await has_open_chunks(job.id):
        return
    if job.cause in _FOR_NEW_CONTENT:
        # Who was first graded under the old content while the new one was being published.
        late = await stale_ids(course, without_errors_of=job.id, limit=CHUNK)
        if late:
            await extend(job.id, len(late))
            await add_chunks(job.id, [late])
            return
    await finish_if_done(job.id, now=context.now())
