"""First answers: a request that is sent again under its key is not done again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import orjson

from db.first_answers import FirstAnswer, first_answer, keep_answer
from grading import IdempotencyKeyReused
from resolvers.context import Context

Outcome = TypeVar("Outcome")

KEPT_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A client's own name for a request; ``fingerprint`` is of all that it asks for."""

    key: str
    fingerprint: str


class AnsweredMeanwhile(Exception):
    """The same request was answered while this one waited for its turn."""

    def __init__(self, body: object) -> None:
        super().__init__("This request was answered a moment ago.")
        self.body = body


@dataclass(frozen=True, slots=True)
class FirstTime(Generic[Outcome]):
    """A request that is done for the first time, if nobody was quicker.

    Both of its methods are for inside the transaction that does it. ``pack`` turns what came of
    it into what JSON can say.
    """

    viewer: str
    request: RequestKey
    now: datetime
    pack: Callable[[Outcome], object]

    async def require(self) -> None:
        """Let the transaction go on only if it is the first; to be called under the locks.

        :raises AnsweredMeanwhile: if another one was.
        :raises IdempotencyKeyReused: if another one was, and asked for something else.
        """
        body = await _kept(self.viewer, self.request, self.now)
        if body is not None:
            raise AnsweredMeanwhile(body)

    async def keep(self, outcome: Outcome) -> None:
        """Keep what came of it, in the transaction that makes it so."""
        answer = FirstAnswer(self.request.fingerprint, orjson.dumps(self.pack(outcome)).decode())
        await keep_answer(
            self.viewer, self.request.key, answer, now=self.now, since=self.now - KEPT_FOR
        )


def first_time(
    context: Context, request: RequestKey | None, pack: Callable[[Outcome], object]
) -> FirstTime[Outcome] | None:
    """Return how a request is kept, None for one without a key."""
    if request is None:
        return None
    return FirstTime(context.viewer.name, request, context.now(), pack)


async def once(
    context: Context,
    request: RequestKey | None,
    act: Callable[[], Awaitable[Outcome]],
    restore: Callable[[Any], Awaitable[Outcome]],
) -> Outcome:
    """Do what a request asks for, or restore what came of it when it was sent before.

    :raises IdempotencyKeyReused: if something else was asked for under its key.
    """
    if request is None:
        return await act()
    body = await _kept(context.viewer.name, request, context.now())
    if body is not None:
        return await restore(body)
    try:
        return await act()
    except AnsweredMeanwhile as answered:
        return await restore(answered.body)


async def _kept(viewer: str, request: RequestKey, now: datetime) -> object:
    kept = await first_answer(viewer, request.key, since=now - KEPT_FOR)
    if kept is None:
        return None
    if kept.fingerprint != request.fingerprint:
        raise IdempotencyKeyReused(
            "Another request was sent under this idempotency key; take a new key for each request.",
            field=["idempotencyKey"],
        )
    body: object = orjson.loads(kept.answer)
    return body
