"""Retention: events older than they are to be kept, deleted now and then."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from db.errors import DBConnectionError, OperationalError
from db.event_log_state import prune_events

logger = logging.getLogger(__name__)

PAUSE: Final = 3600.0  # seconds between two looks


@asynccontextmanager
async def old_events_pruned(
    keep: timedelta | None, *, now: Callable[[], datetime], pause: float = PAUSE
) -> AsyncIterator[None]:
    """Delete events older than ``keep``, at once and then every hour, for the length of a block.

    None keeps them for ever. Any number of processes may do so at once.
    """
    if keep is None:
        yield
        return
    task = asyncio.create_task(_prune_for_ever(keep, now, pause))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _prune_for_ever(keep: timedelta, now: Callable[[], datetime], pause: float) -> None:
    while True:
        try:
            pruned = await prune_events(older_than=now() - keep)
        except (DBConnectionError, OperationalError):
            logger.warning("old events could not be deleted; trying again later")
        else:
            if pruned:
                logger.info("deleted %d events older than %d days", pruned, keep.days)
        await asyncio.sleep(pause)
