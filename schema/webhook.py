"""Webhooks: who is told of grade events, and how far that is."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from resolvers import learners, webhooks
from schema.global_id import global_id
from schema.grade_event import KINDS, GradeEventType
from schema.info import Info
from schema.learner import User
from schema.node import Node

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.enum(description="What a webhook is sent.")
class WebhookKind(Enum):
    EVENTS = strawberry.enum_value("EVENTS", description="Grade events, as CloudEvents.")
    CREDENTIALS = strawberry.enum_value(
        "CREDENTIALS",
        description="The grade of each learner whose course grade changed, as Open edX's "
        "Credentials service takes it.",
    )


@strawberry.enum(description="Whether a webhook is delivered to, and why not.")
class WebhookState(Enum):
    ACTIVE = strawberry.enum_value(
        "ACTIVE", description="It is delivered to; `failingSince` says whether that fails now."
    )
    PAUSED = strawberry.enum_value("PAUSED", description="Somebody paused it.")
    FAILED = strawberry.enum_value(
        "FAILED", description="It failed for days. `retryWebhook` goes on where it stopped."
    )
    GONE = strawberry.enum_value(
        "GONE", description="The receiver answered 410 Gone. `retryWebhook` tries it again."
    )
    CURSOR_EXPIRED = strawberry.enum_value(
        "CURSOR_EXPIRED",
        description="The log no longer has all events behind its place. Read the state; then "
        "`retryWebhook` goes on with the oldest event that is kept.",
    )


@strawberry.type(
    description="A receiver of grade events, with its own place in the log. Its secret and its "
    "authorization are never shown."
)
class Webhook(Node):
    value: strawberry.Private[webhooks.Webhook]
    kind: WebhookKind = strawberry.field(description="What it is sent.")
    url: str = strawberry.field(description="Where requests are sent to, by POST.")
    has_authorization: bool = strawberry.field(
        description="Whether requests have an `Authorization` header."
    )
    types: list[GradeEventType] | None = strawberry.field(
        description="The types of events that it is for; null for all."
    )
    modes: list[str] | None = strawberry.field(
        description="CREDENTIALS: the tracks of the learners whose grades are sent; null for "
        "EVENTS, which are not chosen so."
    )
    batch_size: int = strawberry.field(
        description="How many events a request may have; more than one come as an array."
    )
    state: WebhookState = strawberry.field(description="Whether it is delivered to.")
    cursor: str = strawberry.field(
        description="Its place in the log, as `after` takes it: what is behind it was not "
        "delivered yet."
    )
    last_delivered_at: datetime | None = strawberry.field(
        description="When a request was last taken; null if none was."
    )
    failing_since: datetime | None = strawberry.field(
        description="Since when the present event fails; null while none does."
    )
    attempts: int = strawberry.field(description="How often the present event has failed.")
    next_attempt_at: datetime | None = strawberry.field(
        description="When it is tried again at the earliest; null for at once, or not at all."
    )
    last_status: int | None = strawberry.field(
        description="The HTTP status of the last answer; null where there was no answer."
    )
    last_error: str | None = strawberry.field(
        description="What went wrong the last time, for people; null while nothing does."
    )
    created_by: str = strawberry.field(description="Who registered it.")
    created_at: datetime = strawberry.field(description="When it was registered.")

    @classmethod
    def of(cls, value: webhooks.Webhook) -> Self:
        terms = value.terms
        return cls(
            id=global_id("Webhook", value.id),
            value=value,
            kind=WebhookKind[terms.kind.name],
            url=terms.url,
            has_authorization=terms.authorization is not None,
            types=None
            if terms.kinds is None
            else [one for one, kinds in KINDS.items() if kinds <= terms.kinds],
            modes=None if terms.modes is None else sorted(terms.modes),
            batch_size=terms.batch_size,
            state=WebhookState[value.state.name],
            cursor=webhooks.cursor_of_webhook(value),
            last_delivered_at=value.delivered_at,
            failing_since=value.failing_since,
            attempts=value.attempts,
            next_attempt_at=value.next_attempt_at,
            last_status=value.last_status,
            last_error=value.last_error,
            created_by=value.created_by,
            created_at=value.created_at,
        )

    @strawberry.field(description="The courses whose events it is for; null for all.")
    async def courses(
        self, info: Info
    ) -> list[Annotated["Course", strawberry.lazy("schema.course")]] | None:
        from schema.course import Course  # noqa: PLC0415 - a circle of types

        found = await webhooks.courses_of(info.context, self.value)
        return None if found is None else [Course.of(one) for one in found]

    @strawberry.field(description="The learners whose events it is for; null for everybody.")
    async def learners(self, info: Info) -> list[User] | None:
        ids = webhooks.learner_ids_of(self.value)
        if ids is None:
            return None
        return [User.of(await learners.read_learner(info.context, one)) for one in ids]

    @strawberry.field(
        description="How many events are still to be delivered; 10,000 stands for that or more. "
        "For CREDENTIALS those are counted, too, of which nothing will be sent."
    )
    async def lag(self, info: Info) -> int:
        return await webhooks.read_lag(self.value)
