"""Webhooks: registering who is told of grade events, and looking after them."""

from dataclasses import dataclass, replace
from typing import Final

from db.event_log import count_after, end_of_log, events_after
from db.event_log_state import read_log_state
from db.webhooks import (
    Webhook,
    WebhookKind,
    WebhookState,
    add_webhook,
    all_webhooks,
    pause,
    remove_webhook,
    replace_terms,
    resume,
    webhook_count,
    webhooks,
)
from grading import CourseKey, Forbidden, InvalidInput, LearnerId, TooManyItems, WebhookNotFound
from resolvers import access
from resolvers.context import Context
from resolvers.courses import StoredCourse
from resolvers.event_cursor import cursor_of, place_of
from resolvers.webhook_terms import (
    WebhookWishes,
    may_manage,
    new_secret,
    new_terms,
    require_manager,
    wished_terms,
)

__all__ = ["Webhook", "WebhookKind", "WebhookState", "WebhookWishes"]

MAX_WEBHOOKS: Final = 100
MOST_COUNTED: Final = 10_000  # events behind a place: who is further back is told this number


@dataclass(frozen=True, slots=True)
class KeptWebhook:
    """A webhook, and its secret where it was made just now: it is told once."""

    webhook: Webhook
    secret: str | None = None


async def register(
    context: Context, kind: WebhookKind, wishes: WebhookWishes, *, after: str | None = None
) -> KeptWebhook:
    """Have grade events delivered: those behind a cursor, or from now on.

    :raises CourseNotFound: for a course that the viewer may not know of.
    :raises Forbidden: if the viewer may not have these events delivered.
    :raises InvalidInput: naming what cannot be.
    :raises CursorExpired: if events behind the cursor were deleted.
    :raises TooManyItems: if there are 100 webhooks already.
    """
    if "url" not in wishes:
        raise InvalidInput("A webhook needs a url.", field=["url"])
    terms = await wished_terms(context, new_terms(kind, ""), wishes)
    if await webhook_count() >= MAX_WEBHOOKS:
        raise TooManyItems(f"There are {MAX_WEBHOOKS} webhooks already: remove one.")
    place = await end_of_log() if after is None else await place_of(after)
    added = await add_webhook(
        terms,
        epoch=(await read_log_state()).epoch,
        place=place,
        created_by=context.viewer.name,
        now=context.now(),
    )
    return KeptWebhook(added, terms.secret)


async def update(
    context: Context,
    webhook: Webhook,
    wishes: WebhookWishes,
    *,
    active: bool | None = None,
    with_new_secret: bool = False,
) -> KeptWebhook:
    """Have a webhook as is wished for, paused or delivered to again. Its place stays.

    :raises CourseNotFound: for a course that the viewer may not know of.
    :raises Forbidden: if the viewer may not have these events delivered.
    :raises InvalidInput: naming what cannot be.
    """
    await require_manager(context, webhook.terms)
    if active is True and webhook.state not in {WebhookState.ACTIVE, WebhookState.PAUSED}:
        raise InvalidInput(
            f"This webhook is {webhook.state}: retryWebhook has it delivered to again.",
            field=["active"],
        )
    terms = await wished_terms(context, webhook.terms, wishes)
    if with_new_secret:
        terms = replace(terms, secret=new_secret())
    await replace_terms(webhook.id, terms)
    if active is False and webhook.state is WebhookState.ACTIVE:
        await pause(webhook.id)
    if active is True and webhook.state is WebhookState.PAUSED:
        await resume(webhook.id, epoch=webhook.epoch, place=webhook.place, now=context.now())
    changed = await _read_again(webhook)
    return KeptWebhook(changed, terms.secret if with_new_secret else None)


async def retry(context: Context, webhook: Webhook, *, skip: bool = False) -> Webhook:
    """Deliver to a webhook again, at once, from where it stopped.

    Where the log no longer has that place, from the oldest event that is kept. With ``skip``
    the first event is left out: the one that it stopped at.

    :raises Forbidden: if the viewer may not have these events delivered.
    """
    await require_manager(context, webhook.terms)
    if webhook.state is WebhookState.ACTIVE and not webhook.attempts and not skip:
        return webhook
    state = await read_log_state()
    expired = webhook.state is WebhookState.CURSOR_EXPIRED
    place = state.retained if expired else webhook.place
    if skip:
        found = await events_after(place, limit=1, asked=webhook.terms.asked)
        place = found[0].place if found else place
    epoch = state.epoch if expired else webhook.epoch
    await resume(webhook.id, epoch=epoch, place=place, now=context.now())
    return await _read_again(webhook)


async def remove(context: Context, webhook: Webhook) -> None:
    """Forget a webhook.

    :raises Forbidden: if the viewer may not have these events delivered.
    """
    await require_manager(context, webhook.terms)
    await remove_webhook(webhook.id)


async def list_webhooks(context: Context) -> list[Webhook]:
    """Return the webhooks that the viewer may look after, in the order of their registration.

    :raises Forbidden: if the viewer may never look after any.
    """
    if not access.may_manage_webhooks(context.viewer, ()):
        raise Forbidden("Webhooks are for the staff of the whole platform, and for services.")
    return [one for one in await all_webhooks() if await may_manage(context, one.terms)]


async def find_webhook(context: Context, webhook_id: int) -> Webhook | None:
    """Return a webhook, None if there is none that the viewer may look after."""
    if not access.may_manage_webhooks(context.viewer, ()):
        return None
    found = (await webhooks([webhook_id])).get(webhook_id)
    return found if found is not None and await may_manage(context, found.terms) else None


async def require_webhook(context: Context, webhook_id: int | None) -> Webhook:
    """Return a webhook; None for the number is that of none.

    :raises WebhookNotFound: if there is none that the viewer may look after.
    """
    found = None if webhook_id is None else await find_webhook(context, webhook_id)
    if found is None:
        raise WebhookNotFound(
            "There is no webhook of this id, or you may not look after it.", field=["id"]
        )
    return found


async def read_lag(webhook: Webhook) -> int:
    """Count the events that are still to be delivered, up to 10,000."""
    return await count_after(webhook.place, limit=MOST_COUNTED, asked=webhook.terms.asked)


def cursor_of_webhook(webhook: Webhook) -> str:
    """Return the cursor behind which nothing was delivered yet."""
    return cursor_of(webhook.epoch, webhook.place)


async def courses_of(context: Context, webhook: Webhook) -> list[StoredCourse] | None:
    """Return the courses that a webhook is for, None for all."""
    if webhook.terms.course_ids is None:
        return None
    found = await context.loaders.course_by_id.load_many(sorted(webhook.terms.course_ids))
    return sorted((one for one in found if one is not None), key=_key)


def learner_ids_of(webhook: Webhook) -> list[LearnerId] | None:
    """Return the learners whom a webhook is for, None for everybody."""
    ids = webhook.terms.learner_ids
    return None if ids is None else sorted(ids)


async def _read_again(webhook: Webhook) -> Webhook:
    found = (await webhooks([webhook.id])).get(webhook.id)
    if found is None:
        raise WebhookNotFound("This webhook was removed just now.", field=["id"])
    return found


def _key(course: StoredCourse) -> CourseKey:
    return course.key
