"""Gauges that nobody but the process itself can read: looked at every few seconds."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from db.errors import DBConnectionError, OperationalError
from db.event_log import LoggedEvent
from db.event_log_size import retained_events, unread_events
from db.event_log_state import Place
from db.pool import pool_use
from db.webhooks import webhook_states
from events import EventStream
from server.metrics import Metrics

logger = logging.getLogger(__name__)

PAUSE: Final = 5.0  # seconds between two looks


@asynccontextmanager
async def gauges_kept(
    metrics: Metrics | None,
    events: EventStream[LoggedEvent, Place],
    *,
    pause: float = PAUSE,
) -> AsyncIterator[None]:
    """Keep gauges of the pool, the event log and webhooks up to date for the length of a block."""
    if metrics is None:
        yield
        return
    task = asyncio.create_task(_keep(metrics, events, pause))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep(metrics: Metrics, events: EventStream[LoggedEvent, Place], pause: float) -> None:
    while True:
        try:
            await look(metrics, events)
        except (DBConnectionError, OperationalError):
            logger.debug("the gauges stay as they were: the database does not answer")
        await asyncio.sleep(pause)


async def look(metrics: Metrics, events: EventStream[LoggedEvent, Place]) -> None:
    """Set the gauges to what is so now."""
    pool = pool_use()
    if pool is not None:
        metrics.pool.labels("used").set(pool.used)
        metrics.pool.labels("idle").set(pool.idle)
        metrics.pool_limit.set(pool.limit)
    place = events.place
    if place is not None:
        unread = await unread_events(place)
        age = 0.0
        if unread.since is not None:
            age = max((datetime.now(UTC) - unread.since).total_seconds(), 0.0)
        metrics.log_lag.set(age)
        metrics.log_behind.set(unread.number)
    metrics.log_retained.set(await retained_events())
    for state, number in (await webhook_states()).items():
        metrics.webhooks.labels(state.value).set(number)
