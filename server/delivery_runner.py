"""The delivery runner: a task for each webhook, in each process that serves."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import httpx

from db.errors import DBConnectionError, OperationalError, RetryableError
from resolvers.context import Context
from resolvers.delivering import OK, Answer, DueWebhook, deliver, find_due
from resolvers.webhook_targets import Target
from server.drain import Drain
from server.metrics import Metrics
from server.webhook_client import WebhookConnection

logger = logging.getLogger(__name__)

IDLE: Final = 0.5  # seconds until it looks again for something to deliver


@asynccontextmanager
async def webhooks_delivered(  # noqa: PLR0913 - how, for whom, and how patiently
    context: Context,
    drain: Drain,
    *,
    give_up_after: timedelta,
    patience: float,
    metrics: Metrics | None = None,
    idle: float = IDLE,
) -> AsyncIterator[None]:
    """Deliver to webhooks for the length of a block, until the process is about to end.

    ``patience`` is how many seconds each request may take.
    """
    runner = _Runner(context, drain, give_up_after, patience, metrics)
    task = asyncio.create_task(runner.run(idle))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await runner.stop()


class _Runner:
    def __init__(
        self,
        context: Context,
        drain: Drain,
        give_up_after: timedelta,
        patience: float,
        metrics: Metrics | None,
    ) -> None:
        self._context = context
        self._drain = drain
        self._give_up_after = give_up_after
        self._patience = patience
        self._metrics = metrics
        self._running: dict[int, asyncio.Task[None]] = {}
        self._tls: ssl.SSLContext | None = None

    async def run(self, idle: float) -> None:
        """Begin to deliver to each webhook that there is something for, and never wait for one."""
        while not self._drain.began:
            try:
                for due in await find_due(self._context):
                    self._begin(due)
            except (DBConnectionError, OperationalError, RetryableError) as error:
                logger.warning("no delivery could be looked for, trying again: %s", error)
            await self._drain.wait(idle)

    async def stop(self) -> None:
        """Give up what is being delivered: it is sent again, by whoever comes next."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, due: DueWebhook) -> None:
        number = due.webhook.id
        if number in self._running:
            return
        task = asyncio.create_task(self._deliver(due))
        self._running[number] = task
        task.add_done_callback(lambda _: self._running.pop(number, None))

    async def _deliver(self, due: DueWebhook) -> None:
        if self._tls is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
        connection = WebhookConnection(self._context.webhook_targets, self._patience, self._tls)

        async def post(target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
            answer = await connection.post(target, headers, body)
            if self._metrics is not None:
                kind = due.webhook.terms.kind.value
                self._metrics.delivery_ended(kind, taken=answer.status in OK)
            return answer

        try:
            await deliver(
                await self._context.for_operation(),
                due,
                post,
                give_up_after=self._give_up_after,
                stopping=lambda: self._drain.began,
            )
        except (DBConnectionError, OperationalError, RetryableError) as error:
            logger.warning("webhook %d could not be looked at: %s", due.webhook.id, error)
        finally:
            await connection.close()
