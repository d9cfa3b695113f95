"""Deliveries as a process that serves runs them, with little patience."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from db.sql import fetch
from db.webhooks import Webhook, webhooks
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.webhook_targets import WebhookTargets
from resolvers.webhooks import KeptWebhook, WebhookKind, WebhookWishes, register
from server.delivery_runner import webhooks_delivered
from server.drain import Drain
from server.metrics import Metrics
from tests.factories import STAFF
from tests.webhooks.receiver import SOON, Receiver

LOOPBACK = WebhookTargets(("127.0.0.1", "localhost"), private=True)


def context_now(viewer: Viewer = STAFF, targets: WebhookTargets = LOOPBACK) -> Context:
    return Context(viewer, lambda: datetime.now(UTC), webhook_targets=targets)


@asynccontextmanager
async def delivering(
    *,
    patience: float = 5.0,
    give_up_after: timedelta = timedelta(days=5),
    metrics: Metrics | None = None,
) -> AsyncIterator[Drain]:
    """Deliver until the end of the block."""
    drain = Drain()
    async with webhooks_delivered(
        context_now(),
        drain,
        give_up_after=give_up_after,
        patience=patience,
        metrics=metrics,
        idle=0.02,
    ):
        yield drain
        drain.begin()


async def registered(
    receiver: Receiver, kind: WebhookKind = WebhookKind.EVENTS, **wishes: object
) -> KeptWebhook:
    """Register a receiver for what happens from now on, of all courses."""
    wished: WebhookWishes = {"url": receiver.url, **wishes}  # type: ignore[typeddict-item]
    return await register(context_now(), kind, wished)


async def present(webhook: Webhook) -> Webhook:
    return (await webhooks([webhook.id]))[webhook.id]


async def logged_ids() -> list[str]:
    """Return the ids of all events, in the log's order."""
    return [str(row[0]) for row in await fetch("select id from grade_event order by xid, id")]


async def until_lag_is_none(webhook: Webhook) -> Webhook:
    """Wait until a webhook was delivered all there is."""
    last = (await logged_ids())[-1]
    async with asyncio.timeout(SOON):
        while str((found := await present(webhook)).place.id) != last:
            await asyncio.sleep(0.01)
    return found
