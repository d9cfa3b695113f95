"""The job runner: chunks of jobs done between requests, in each process that serves."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from db.errors import DBConnectionError, OperationalError
from resolvers.context import Context
from resolvers.job_running import run_chunk
from server.drain import Drain

logger = logging.getLogger(__name__)

IDLE: Final = 1.0  # seconds until it looks again for something to do
PAUSE: Final = 1.0  # times what a chunk took, for requests, before the next one


@asynccontextmanager
async def jobs_run(context: Context, drain: Drain, *, idle: float = IDLE) -> AsyncIterator[None]:
    """Do chunks of jobs for the length of a block, until the process is about to end."""
    task = asyncio.create_task(_run_until_drained(context, drain, idle))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _run_until_drained(context: Context, drain: Drain, idle: float) -> None:
    while not drain.began:
        began = time.monotonic()
        try:
            worked = await run_chunk(await context.for_operation())
        except (DBConnectionError, OperationalError) as error:
            logger.warning("no job could be looked for, trying again: %s", error)
            worked = False
        await drain.wait(PAUSE * (time.monotonic() - began) if worked else idle)
