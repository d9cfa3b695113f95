"""Looking at a job until it has ended: its progress must be exact whenever it is looked at."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from db.sql import fetch

_LOOK: Final = 0.05  # seconds between two looks
_PATIENCE: Final = 120.0  # seconds without progress after which the job counts as stuck

# One statement, and so one moment: what the job says beside what its chunks say.
_PROGRESS: Final = """
select j.state, j.total, j.processed, j.saved, j.failed, (
  select coalesce(sum(json_array_length(c.learner_ids::json)), 0)
  from job_chunk c where c.job_id = j.id and c.state = 'DONE')
from grade_job j where j.id = $1
"""


@dataclass(frozen=True)
class Watched:
    """A job that has ended, what was wrong with its progress, and how long it took in seconds."""

    state: str
    total: int
    saved: int
    failed: int
    took: float
    looks: int
    faults: tuple[str, ...]


async def watch(job_id: int) -> Watched:
    """Look at a job until it has ended."""
    began = progressed = time.monotonic()
    last, looks = (0, 0, 0), 0
    faults: dict[str, None] = {}
    while True:
        ((state, total, *counts, in_chunks),) = await fetch(_PROGRESS, job_id)
        processed, saved, failed = counts
        looks += 1
        if processed != in_chunks:
            faults[f"job {job_id}: {processed} counted, {in_chunks} done"] = None
        if saved + failed > processed or processed > total:
            faults[f"job {job_id}: {saved} saved and {failed} failed of {processed}"] = None
        if any(now < before for now, before in zip(counts, last, strict=True)):
            faults[f"job {job_id}: progress went back from {last} to {counts}"] = None
        if processed > last[0]:
            progressed = time.monotonic()
        last = (processed, saved, failed)
        if state not in {"QUEUED", "RUNNING"}:
            break
        if time.monotonic() - progressed > _PATIENCE:
            faults[f"job {job_id}: stuck at {processed} of {total}"] = None
            break
        await asyncio.sleep(_LOOK)
    if (state, processed) != ("COMPLETED", total):
        faults[f"job {job_id}: {state} with {processed} of {total}"] = None
    took = time.monotonic() - began
    return Watched(state, total, saved, failed, took, looks, tuple(faults))
