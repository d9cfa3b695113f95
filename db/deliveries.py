"""Deliveries: who delivers to which webhook, one worker at a time, and how far that came."""

from datetime import datetime
from typing import Final

from db.event_log_state import Place
from db.sql import execute, fetch
from db.transaction import retrying, transaction
from db.webhooks import COLUMNS, Webhook, WebhookState, webhook_of

_FREE: Final = (
    "state = 'ACTIVE' and (lease_until is null or lease_until < $1)"
    " and (next_attempt_at is null or next_attempt_at <= $1)"
)


async def any_due(*, now: datetime) -> bool:
    """Tell whether any webhook could be delivered to now, were there something for it."""
    return bool(await fetch(f"select 1 from webhook where {_FREE} limit 1", now))


async def due_webhooks(*, now: datetime, epoch: str, end: Place) -> list[Webhook]:
    """Return the webhooks that nobody delivers to and that are not at the end of the log."""
    rows = await fetch(
        f"select {COLUMNS} from webhook where {_FREE}"
        " and (epoch <> $2 or (place_xid, place_id) <> ($3, $4)) order by id",
        now,
        epoch,
        end.xid,
        end.id,
    )
    return [webhook_of(row) for row in rows]


@retrying
async def claim_webhook(webhook_id: int, *, now: datetime, lease_until: datetime) -> Webhook | None:
    """Become the one who delivers to a webhook; None where that is somebody else, or nobody."""
    async with transaction():
        rows = await fetch(
            f"update webhook set claim = claim + 1, lease_until = $3 where id = $2 and {_FREE}"
            f" returning {COLUMNS}",
            now,
            webhook_id,
            lease_until,
        )
    return webhook_of(rows[0]) if rows else None


@retrying
async def advance(
    claimed: Webhook, place: Place, *, delivered: int | None, now: datetime, lease_until: datetime
) -> Webhook | None:
    """Move a webhook to a place, after the status of what was ``delivered``, None for nothing.

    Return it as it is now, to go on with; None where it is no longer ours or not to be
    delivered to. What was delivered after it was paused counts all the same.
    """
    async with transaction():
        rows = await fetch(
            "update webhook set place_xid = $3, place_id = $4, placed_at = $5, lease_until = $6,"
            " failing_since = null, attempts = 0, next_attempt_at = null, last_error = null,"
            " last_status = coalesce($7::int, last_status),"
            " delivered_at = case when $7::int is null then delivered_at else $5 end"
            f" where id = $1 and claim = $2 returning {COLUMNS}",
            claimed.id,
            claimed.claim,
            place.xid,
            place.id,
            now,
            lease_until,
            delivered,
        )
    moved = webhook_of(rows[0]) if rows else None
    return moved if moved is not None and moved.state is WebhookState.ACTIVE else None


@retrying
async def note_failure(  # noqa: PLR0913 - what an attempt came to
    claimed: Webhook,
    *,
    now: datetime,
    status: int | None,
    error: str,
    state: WebhookState,
    next_attempt_at: datetime | None,
) -> None:
    """Note that an attempt failed, and let the webhook go.

    ``state`` is what it comes to; a webhook that was paused meanwhile stays paused.
    """
    await execute(
        "update webhook set attempts = attempts + 1,"
        " failing_since = coalesce(failing_since, $3), last_status = $4, last_error = $5,"
        " state = case when state = 'ACTIVE' then $6 else state end, next_attempt_at = $7,"
        " lease_until = null where id = $1 and claim = $2",
        claimed.id,
        claimed.claim,
        now,
        status,
        error,
        state.value,
        next_attempt_at,
    )


@retrying
async def note_expiry(claimed: Webhook, *, error: str) -> None:
    """Note that the log no longer has what is behind a webhook's place, and let it go."""
    await execute(
        "update webhook set state = 'CURSOR_EXPIRED', last_error = $3, lease_until = null"
        " where id = $1 and claim = $2 and state = 'ACTIVE'",
        claimed.id,
        claimed.claim,
        error,
    )


@retrying
async def release(claimed: Webhook) -> None:
    """Let a webhook go, for whoever comes next."""
    await execute(
        "update webhook set lease_until = null where id = $1 and claim = $2",
        claimed.id,
        claimed.claim,
    )
