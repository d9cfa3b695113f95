"""Webhooks: who is told of grade events, of which, and how far that is."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from db.event_log import EventFilter
from db.event_log_state import Place
from db.sql import among, as_datetime, execute, fetch, id_array
from db.transaction import transaction
from grading import EventKind, LearnerId


class WebhookKind(StrEnum):
    """What a webhook is sent: the events, or the grades that Credentials keeps."""

    EVENTS = "EVENTS"
    CREDENTIALS = "CREDENTIALS"


class WebhookState(StrEnum):
    """Whether a webhook is delivered to, and why not."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    FAILED = "FAILED"
    GONE = "GONE"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"


@dataclass(frozen=True, slots=True)
class WebhookTerms:
    """What a webhook was registered with. The secrets are never shown, not even in a `repr`.

    None for courses, learners and kinds is all of them. ``modes`` are those of the learners
    whose grades Credentials is sent; ``batch_size`` is how many events one request may have.
    """

    kind: WebhookKind
    url: str
    secret: str = field(repr=False)
    authorization: str | None = field(repr=False)
    course_ids: frozenset[int] | None
    learner_ids: frozenset[LearnerId] | None
    kinds: frozenset[EventKind] | None
    modes: frozenset[str] | None
    batch_size: int

    @property
    def asked(self) -> EventFilter:
        """Return which events it is for."""
        return EventFilter(self.course_ids, self.learner_ids, self.kinds)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook, with its place in the log: what is behind it was not delivered yet.

    ``failing_since``, ``attempts`` and ``next_attempt_at`` are of the event that fails now;
    ``claim`` counts those who delivered.
    """

    id: int
    terms: WebhookTerms
    state: WebhookState
    epoch: str
    place: Place
    placed_at: datetime
    delivered_at: datetime | None
    failing_since: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    claim: int
    created_by: str
    created_at: datetime


COLUMNS: Final = (
    "id, kind, url, secret, authorization_header, course_ids, learner_ids, event_kinds, modes,"
    " batch_size, state, epoch, place_xid, place_id, placed_at, delivered_at, failing_since,"
    " attempts, next_attempt_at, last_status, last_error, claim, created_by, created_at"
)


async def add_webhook(
    terms: WebhookTerms, *, epoch: str, place: Place, created_by: str, now: datetime
) -> Webhook:
    """Add a webhook that is delivered what is behind a place."""
    async with transaction():
        (row,) = await fetch(
            "insert into webhook (kind, url, secret, authorization_header, course_ids,"
            " learner_ids, event_kinds, modes, batch_size, state, epoch, place_xid, place_id,"
            " placed_at, attempts, claim, created_by, created_at) values ($1, $2, $3, $4, $5,"
            f" $6, $7, $8, $9, 'ACTIVE', $10, $11, $12, $13, 0, 0, $14, $13) returning {COLUMNS}",
            *_columns_of(terms),
            epoch,
            place.xid,
            place.id,
            now,
            created_by,
        )
    return webhook_of(row)


async def webhooks(ids: Iterable[int]) -> dict[int, Webhook]:
    """Return the webhooks of these numbers that exist."""
    rows = await fetch(f"select {COLUMNS} from webhook where {among('id', 1)}", id_array(ids))
    return {row[0]: webhook_of(row) for row in rows}


async def all_webhooks() -> list[Webhook]:
    """Return all webhooks in the order in which they were registered."""
    return [webhook_of(row) for row in await fetch(f"select {COLUMNS} from webhook order by id")]


async def webhook_count() -> int:
    """Count the webhooks."""
    ((count,),) = await fetch("select count(*) from webhook")
    return int(count)


async def webhook_states() -> dict[WebhookState, int]:
    """Count the webhooks in each state, 0 where there is none."""
    rows = await fetch("select state, count(*) from webhook group by state")
    return dict.fromkeys(WebhookState, 0) | {WebhookState(state): count for state, count in rows}


async def replace_terms(webhook_id: int, terms: WebhookTerms) -> None:
    """Have a webhook registered with other terms. Its place stays."""
    await execute(
        "update webhook set kind = $2, url = $3, secret = $4, authorization_header = $5,"
        " course_ids = $6, learner_ids = $7, event_kinds = $8, modes = $9, batch_size = $10"
        " where id = $1",
        webhook_id,
        *_columns_of(terms),
    )


async def pause(webhook_id: int) -> None:
    """Stop delivering to a webhook until it is resumed."""
    await execute("update webhook set state = 'PAUSED' where id = $1", webhook_id)


async def resume(webhook_id: int, *, epoch: str, place: Place, now: datetime) -> None:
    """Deliver to a webhook again, at once, what is behind a place.

    Whoever was delivering to it meanwhile may no longer say how far that is.
    """
    await execute(
        "update webhook set state = 'ACTIVE', epoch = $2, place_xid = $3, place_id = $4,"
        " placed_at = $5, failing_since = null, attempts = 0, next_attempt_at = null,"
        " claim = claim + 1, lease_until = null where id = $1",
        webhook_id,
        epoch,
        place.xid,
        place.id,
        now,
    )


async def remove_webhook(webhook_id: int) -> None:
    """Forget a webhook, with its place."""
    await execute("delete from webhook where id = $1", webhook_id)


def webhook_of(row: Sequence[Any]) -> Webhook:
    """Return a webhook of its row."""
    return Webhook(
        id=row[0],
        terms=WebhookTerms(
            kind=WebhookKind(row[1]),
            url=row[2],
            secret=row[3],
            authorization=row[4],
            course_ids=_set_of(row[5]),
            learner_ids=_set_of(row[6]),
            kinds=None if row[7] is None else frozenset(map(EventKind, json.loads(row[7]))),
            modes=_set_of(row[8]),
            batch_size=row[9],
        ),
        state=WebhookState(row[10]),
        epoch=row[11],
        place=Place(row[12], row[13]),
        placed_at=as_datetime(row[14]),
        delivered_at=as_datetime(row[15]),
        failing_since=as_datetime(row[16]),
        attempts=row[17],
        next_attempt_at=as_datetime(row[18]),
        last_status=row[19],
        last_error=row[20],
        claim=row[21],
        created_by=row[22],
        created_at=as_datetime(row[23]),
    )


def _columns_of(terms: WebhookTerms) -> tuple[object, ...]:
    return (
        terms.kind.value,
        terms.url,
        terms.secret,
        terms.authorization,
        _text_of(terms.course_ids),
        _text_of(terms.learner_ids),
        _text_of(terms.kinds),
        _text_of(terms.modes),
        terms.batch_size,
    )


def _text_of(chosen: Collection[Any] | None) -> str | None:
    return None if chosen is None else json.dumps(sorted(chosen))


def _set_of(text: str | None) -> frozenset[Any] | None:
    return None if text is None else frozenset(json.loads(text))
