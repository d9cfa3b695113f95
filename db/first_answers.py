"""First answers: what requests with an idempotency key came to, for when they are sent again."""

from dataclasses import dataclass
from datetime import datetime

from db.errors import RetryableError
from db.sql import execute, fetch


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What a request came to; ``fingerprint`` is of what was asked."""

    fingerprint: str
    answer: str


async def first_answer(viewer: str, key: str, *, since: datetime) -> FirstAnswer | None:
    """Return what a viewer's key came to, None where it was not used since then."""
    rows = await fetch(
        "select fingerprint, answer from first_answer"
        " where viewer = $1 and key = $2 and created_at >= $3",
        viewer,
        key,
        since,
    )
    return FirstAnswer(*rows[0]) if rows else None


async def keep_answer(
    viewer: str, key: str, answer: FirstAnswer, *, now: datetime, since: datetime
) -> None:
    """Keep what a key came to. To be called in the transaction that makes it so.

    :raises RetryableError: if somebody else has used the key meanwhile.
    """
    kept = await execute(
        "insert into first_answer (viewer, key, fingerprint, answer, created_at)"
        " values ($1, $2, $3, $4, $5) on conflict (viewer, key) do update"
        " set fingerprint = excluded.fingerprint, answer = excluded.answer,"
        " created_at = excluded.created_at where first_answer.created_at < $6",
        viewer,
        key,
        answer.fingerprint,
        answer.answer,
        now,
        since,
    )
    if kept == 0:
        raise RetryableError("The idempotency key was used at the same moment.")


async def forget_answers(*, older_than: datetime) -> int:
    """Delete answers that are no longer given again; return how many."""
    return await execute("delete from first_answer where created_at < $1", older_than)
