"""``registerWebhook``, ``updateWebhook``, ``retryWebhook`` and ``removeWebhook``."""

from typing import Self

import strawberry

import grading
from resolvers import webhooks
from resolvers.context import Context
from resolvers.webhooks import KeptWebhook, WebhookWishes
from schema.global_id import parse_global_id
from schema.grade_event import GradeEventType, kinds_of
from schema.learner import LearnerRefInput
from schema.user_error import UserError, user_error_of
from schema.webhook import Webhook, WebhookKind


@strawberry.input(description="Who is to be told of which grade events.")
class RegisterWebhookInput:
    kind: WebhookKind = strawberry.field(
        default=WebhookKind.EVENTS, description="What is to be sent."
    )
    url: str = strawberry.field(description="Where to; https, at a host that the operator allows.")
    course_keys: list[grading.CourseKey] | None = strawberry.field(
        default=None, description="Only events of these courses, at most 100; null for all."
    )
    learners: list[LearnerRefInput] | None = strawberry.field(
        default=None, description="Only events of these learners, at most 100; null for all."
    )
    types: list[GradeEventType] | None = strawberry.field(
        default=None, description="Only these types of events; null for all."
    )
    modes: list[str] | None = strawberry.field(
        default=None,
        description="CREDENTIALS: only grades of learners in these tracks; null for `verified`, "
        "`professional`, `no-id-professional`, `masters` and `credit`.",
    )
    batch_size: int = strawberry.field(
        default=1, description="How many events a request may have, at most 100."
    )
    authorization: str | None = strawberry.field(
        default=None, description="The `Authorization` header of each request; never shown again."
    )
    after: str | None = strawberry.field(
        default=None, description="A cursor: what is behind it; null for what happens from now on."
    )


@strawberry.input(description="What of a webhook is to be different; what is not given stays.")
class UpdateWebhookInput:
    id: strawberry.ID = strawberry.field(description="The webhook.")
    url: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Where to. Another url has no authorization unless that is given, too.",
    )
    course_keys: list[grading.CourseKey] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Only events of these courses, at most 100; null for all.",
    )
    learners: list[LearnerRefInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Only events of these learners, at most 100; null for all.",
    )
    types: list[GradeEventType] | None = strawberry.field(
        default=strawberry.UNSET, description="Only these types of events; null for all."
    )
    modes: list[str] | None = strawberry.field(
        default=strawberry.UNSET,
        description="CREDENTIALS: only grades of learners in these tracks; null for the usual.",
    )
    batch_size: int | None = strawberry.field(
        default=strawberry.UNSET, description="How many events a request may have, at most 100."
    )
    authorization: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The `Authorization` header of each request; null for none.",
    )
    active: bool | None = strawberry.field(
        default=None, description="False pauses it, true goes on where it was paused."
    )
    new_secret: bool | None = strawberry.field(
        default=False,
        description="Sign with another secret from now on; the answer tells it, once.",
    )


@strawberry.input(description="Which webhook to deliver to again.")
class RetryWebhookInput:
    id: strawberry.ID = strawberry.field(description="The webhook.")
    skip: bool | None = strawberry.field(
        default=False,
        description="Leave out the first event: the one that it stopped at. It is not delivered.",
    )


@strawberry.input(description="Which webhook to remove.")
class RemoveWebhookInput:
    id: strawberry.ID = strawberry.field(description="The webhook.")


@strawberry.type(description="The webhook as it is now.")
class WebhookPayload:
    webhook: Webhook | None = strawberry.field(
        description="The webhook; null where `userErrors` say why nothing was done."
    )
    secret: str | None = strawberry.field(
        description="The secret that requests are signed with, where it was made just now. Keep "
        "it: it is never shown again."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done.")

    @classmethod
    def of(cls, kept: KeptWebhook) -> Self:
        return cls(webhook=Webhook.of(kept.webhook), secret=kept.secret, user_errors=[])

    @classmethod
    def refused(cls, error: grading.GradingError) -> Self:
        return cls(webhook=None, secret=None, user_errors=[user_error_of(error)])


@strawberry.type(description="Which webhook was removed.")
class RemoveWebhookPayload:
    removed_id: strawberry.ID | None = strawberry.field(
        description="The id of the webhook that is no more; null where it still is."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done.")


async def register_webhook(context: Context, input: RegisterWebhookInput) -> WebhookPayload:
    """Have grade events delivered."""
    kind = webhooks.WebhookKind[input.kind.name]
    try:
        kept = await webhooks.register(context, kind, _wishes(input), after=input.after)
    except grading.CursorExpired:
        raise
    except grading.GradingError as error:
        return WebhookPayload.refused(error)
    return WebhookPayload.of(kept)


async def update_webhook(context: Context, input: UpdateWebhookInput) -> WebhookPayload:
    """Change a webhook."""
    try:
        found = await webhooks.require_webhook(context, _number(input.id))
        kept = await webhooks.update(
            context,
            found,
            _wishes(input),
            active=input.active,
            with_new_secret=bool(input.new_secret),
        )
    except grading.GradingError as error:
        return WebhookPayload.refused(error)
    return WebhookPayload.of(kept)


async def retry_webhook(context: Context, input: RetryWebhookInput) -> WebhookPayload:
    """Deliver to a webhook again."""
    try:
        found = await webhooks.require_webhook(context, _number(input.id))
        retried = await webhooks.retry(context, found, skip=bool(input.skip))
    except grading.GradingError as error:
        return WebhookPayload.refused(error)
    return WebhookPayload.of(KeptWebhook(retried))


async def remove_webhook(context: Context, input: RemoveWebhookInput) -> RemoveWebhookPayload:
    """Forget a webhook."""
    try:
        found = await webhooks.require_webhook(context, _number(input.id))
        await webhooks.remove(context, found)
    except grading.GradingError as error:
        return RemoveWebhookPayload(removed_id=None, user_errors=[user_error_of(error)])
    return RemoveWebhookPayload(removed_id=input.id, user_errors=[])


def _number(id: str) -> int | None:
    target = parse_global_id(id)
    is_webhook = target.type_name == "Webhook" and len(target.numbers) == 1
    return target.numbers[0] if is_webhook else None


def _wishes(input: RegisterWebhookInput | UpdateWebhookInput) -> WebhookWishes:
    wishes: WebhookWishes = {}
    if input.url is not strawberry.UNSET:
        wishes["url"] = input.url or ""
    if input.course_keys is not strawberry.UNSET:
        wishes["course_keys"] = input.course_keys
    if input.learners is not strawberry.UNSET:
        refs = None if input.learners is None else [one.ref() for one in input.learners]
        wishes["learners"] = refs
    if input.types is not strawberry.UNSET:
        wishes["kinds"] = kinds_of(input.types)
    if input.modes is not strawberry.UNSET:
        wishes["modes"] = input.modes
    if input.batch_size is not strawberry.UNSET:
        wishes["batch_size"] = input.batch_size or 0
    if input.authorization is not strawberry.UNSET:
        wishes["authorization"] = input.authorization
    return wishes
