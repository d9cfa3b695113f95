"""Retention: what is older than it is to be kept is deleted now and then."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from db.errors import DBConnectionError, OperationalError
from db.event_log_state import prune_events
from db.first_answers import forget_answers
from db.grade_exports import delete_expired_parts
from db.grade_imports import delete_old_lines
from resolvers.first_answers import KEPT_FOR

logger = logging.getLogger(__name__)

PAUSE: Final = 3600.0  # seconds between two looks
LINES_KEPT: Final = timedelta(days=30)


@asynccontextmanager
async def old_rows_deleted(
    keep_events: timedelta | None, *, now: Callable[[], datetime], pause: float = PAUSE
) -> AsyncIterator[None]:
    """Delete what is old, at once and then every hour, for the length of a block.

    Events are kept for ``keep_events``, with None for ever; answers as long as they are given,
    exported files until they expire, imported lines for 30 days.
    Any number of processes may do so at once.
    """
    task = asyncio.create_task(_delete_for_ever(keep_events, now, pause))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _delete_for_ever(
    keep_events: timedelta | None, now: Callable[[], datetime], pause: float
) -> None:
    while True:
        try:
            await _delete(keep_events, now())
        except (DBConnectionError, OperationalError):
            logger.warning("what is old could not be deleted; trying again later")
        await asyncio.sleep(pause)


async def _delete(keep_events: timedelta | None, now: datetime) -> None:
    if keep_events is not None:
        pruned = await prune_events(older_than=now - keep_events)
        if pruned:
            logger.info("deleted %d events older than %d days", pruned, keep_events.days)
    forgotten = await forget_answers(older_than=now - KEPT_FOR)
    if forgotten:
        logger.info("forgot %d answers to requests with idempotency keys", forgotten)
    expired = await delete_expired_parts(now=now)
    if expired:
        logger.info("deleted %d pieces of exported files that have expired", expired)
    lines = await delete_old_lines(older_than=now - LINES_KEPT)
    if lines:
        logger.info("deleted %d lines of imports older than %d days", lines, LINES_KEPT.days)
