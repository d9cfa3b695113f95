"""Delivering: the events behind a webhook's place, one request after the other, until one fails."""

import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from db.deliveries import (
    advance,
    any_due,
    claim_webhook,
    due_webhooks,
    note_expiry,
    note_failure,
    release,
)
from db.errors import DBConnectionError, OperationalError, RetryableError
from db.event_log import end_of_log, events_after, limit_of_log
from db.event_log_state import LogState, Place, read_log_state
from db.webhooks import Webhook, WebhookState
from grading import InvalidInput
from resolvers.context import Context
from resolvers.delivery_requests import Outgoing, headers_of, outgoing_of
from resolvers.webhook_targets import Target

LEASE: Final = timedelta(seconds=30)  # from the beginning of each request, which takes less
PAGE: Final = 100  # events
BACKOFF: Final = timedelta(seconds=2)  # and twice as long after each attempt
LONGEST_PAUSE: Final = timedelta(hours=4)
GIVE_UP_AFTER: Final = timedelta(days=5)
# A webhook that there is nothing for is moved on no more often than this.
STAYS: Final = timedelta(minutes=1)
OK: Final = range(200, 300)
GONE: Final = 410
_EXPIRED: Final = (
    "The log no longer has all events behind this place. Read the state, and retryWebhook goes on "
    "with the oldest event that is kept."
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: a status, None for no answer; and what went wrong, in words."""

    status: int | None
    error: str = ""


# Sends a request and says what came of it. Takes less time than a lease, and never raises.
Post: TypeAlias = Callable[[Target, Mapping[str, str], bytes], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class DueWebhook:
    """A webhook that there may be something for, and the log as it was when that was seen."""

    webhook: Webhook
    log: LogState


async def find_due(context: Context) -> list[DueWebhook]:
    """Return the webhooks that nobody delivers to and that there may be something for."""
    now = context.now()
    if not await any_due(now=now):
        return []
    log = await read_log_state()
    found = await due_webhooks(now=now, epoch=log.epoch, end=await end_of_log())
    return [DueWebhook(webhook, log) for webhook in found]


async def deliver(
    context: Context,
    due: DueWebhook,
    post: Post,
    *,
    give_up_after: timedelta = GIVE_UP_AFTER,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Deliver what there is for a webhook, until one request fails or another worker is at it."""
    if not await _has_work(context, due):
        return
    now = context.now()
    webhook = await claim_webhook(due.webhook.id, now=now, lease_until=now + LEASE)
    if webhook is None:
        return
    delivery = _Delivery(context, post, give_up_after, stopping)
    going_on: Webhook | None = webhook
    try:
        while going_on is not None and not stopping():
            going_on = await delivery.next_page(going_on)
    except (RetryableError, DBConnectionError, OperationalError) as error:
        logger.warning("deliveries to webhook %d were interrupted: %s", webhook.id, error)
    except Exception:
        logger.exception("webhook %d cannot be delivered to", webhook.id)
        await delivery.note(webhook, Answer(None, "The request could not be made; see the log."))
    finally:
        # Where that fails the lease ends by itself.
        with suppress(RetryableError, DBConnectionError, OperationalError):
            await release(webhook)


async def _has_work(context: Context, due: DueWebhook) -> bool:
    webhook, log = due.webhook, due.log
    if webhook.epoch != log.epoch or webhook.place < log.retained:
        return True
    if context.now() - webhook.placed_at >= STAYS:
        return True
    return bool(await events_after(webhook.place, limit=1, asked=webhook.terms.asked))


@dataclass(frozen=True)
class _Delivery:
    context: Context
    post: Post
    give_up_after: timedelta
    stopping: Callable[[], bool]

    async def next_page(self, webhook: Webhook) -> Webhook | None:
        """Deliver the next events; return the webhook where more may follow."""
        end = await end_of_log()
        logged = await events_after(webhook.place, limit=PAGE, asked=webhook.terms.asked)
        # After the events were read: what was deleted before that is missing among them.
        log = await read_log_state()
        limit = await limit_of_log()
        if webhook.epoch != log.epoch or not log.retained <= webhook.place <= limit:
            logger.warning("webhook %d is behind what the event log keeps", webhook.id)
            await note_expiry(webhook, error=_EXPIRED)
            return None
        if not logged:
            if webhook.place < end:
                await self._advance(webhook, end, delivered=None)
            return None
        terms = webhook.terms
        for outgoing in await outgoing_of(terms, webhook.epoch, logged):
            if self.stopping():
                return None
            answer = await self._send(webhook, outgoing)
            if answer.status not in OK:
                await self.note(webhook, answer)
                return None
            moved = await self._advance(webhook, outgoing.place, delivered=answer.status)
            if moved is None or moved.terms != terms:
                return moved
            webhook = moved
        last = logged[-1].place
        return webhook if webhook.place == last else await self._advance(webhook, last, None)

    async def _send(self, webhook: Webhook, outgoing: Outgoing) -> Answer:
        try:
            target = self.context.webhook_targets.target_of(webhook.terms.url)
        except InvalidInput as refused:
            return Answer(None, refused.message)
        headers = headers_of(webhook.terms, outgoing, self.context.now())
        return await self.post(target, headers, outgoing.body)

    async def _advance(
        self, webhook: Webhook, place: Place, delivered: int | None
    ) -> Webhook | None:
        now = self.context.now()
        return await advance(webhook, place, delivered=delivered, now=now, lease_until=now + LEASE)

    async def note(self, webhook: Webhook, answer: Answer) -> None:
        """Note that an attempt failed, and when there is to be another."""
        now = self.context.now()
        state, next_attempt_at = WebhookState.ACTIVE, None
        if answer.status == GONE:
            state = WebhookState.GONE
        elif now - (webhook.failing_since or now) >= self.give_up_after:
            state = WebhookState.FAILED
        else:
            next_attempt_at = now + pause_after(webhook.attempts + 1)
        logger.warning(
            "webhook %d: attempt %d failed with status %s, it is %s",
            *(webhook.id, webhook.attempts + 1, answer.status, state),
        )
        await note_failure(
            webhook,
            now=now,
            status=answer.status,
            error=_without_secrets(answer.error, webhook),
            state=state,
            next_attempt_at=next_attempt_at,
        )


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: longer each time, and never quite the same.

    Receivers that come back are not met by all webhooks at the same moment.
    """
    doubled: timedelta = BACKOFF * 2 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311


def _without_secrets(text: str, webhook: Webhook) -> str:
    # A receiver may answer with what it was sent.
    authorization = webhook.terms.authorization or ""
    for secret in (authorization, authorization.rpartition(" ")[2], webhook.terms.secret):
        if secret:
            text = text.replace(secret, "***")
    return text
