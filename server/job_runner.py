"""The job runner: chunks of jobs done between requests, in each process that serves."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from db.errors import DBConnectionError, OperationalError
from resolvers.context import Context
from resolvers.job_running import run_chunk
from server.drain import Drain

logger = logging.getLogger(__name__)

IDLE: Final = 1.0  # seconds until it looks again for something to do
PAUSE: Final = 1.0  # times what a chunk took, for requests, before the next one
GRACE: Final = 3.0  # seconds that a chunk has to end when the process does


@asynccontextmanager
async def jobs_run(
    context: Context, drain: Drain, *, asked: Callable[[], int] = lambda: 0, idle: float = IDLE
) -> AsyncIterator[None]:
    """Do chunks of jobs for the length of a block, until the process is about to end.

    ``asked`` counts the operations that the process was asked for: while there are none, nobody
    is waited for.
    """
    task = asyncio.create_task(_run_until_drained(context, drain, asked, idle))
    try:
        yield
    finally:
        drain.begin()
        # A chunk that is cut off here waits for the end of its lease.
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(task, GRACE)


async def _run_until_drained(
    context: Context, drain: Drain, asked: Callable[[], int], idle: float
) -> None:
    while not drain.began:
        began, asked_before = time.monotonic(), asked()
        try:
            worked = await run_chunk(await context.for_operation())
        except (DBConnectionError, OperationalError) as error:
            logger.warning("no job could be looked for, trying again: %s", error)
            worked = False
        except Exception:
            # Whatever it is, the other jobs shall not wait for it.
            logger.exception("a job could not be gone on with")
            worked = False
        pause = PAUSE * (time.monotonic() - began) if asked() > asked_before else 0.0
        await drain.wait(pause if worked else idle)
