"""A client that follows events for as long as it lives, whatever happens to its connection."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from db.event_log import LoggedEvent
from tests.delivery.transports import Interrupted, Transport
from tests.factories import COURSE

_LONGEST_DELAY: Final = 1.0  # seconds


@dataclass(frozen=True)
class Wish:
    """What a client asks for: a subscription, and which events of the log that means."""

    field: str
    selection: str = ""
    arguments: str = ""
    means: Callable[[LoggedEvent], bool] = lambda _: True

    @property
    def query(self) -> str:
        """The operation."""
        return (
            "subscription Follow($course: CourseKey!, $after: String) {"
            f" {self.field}(courseKey: $course, after: $after{self.arguments})"
            f" {{ id cursor occurredAt {self.selection} }} }}"
        )


@dataclass
class Subscriber:
    """One client. It keeps every event's id, and of the cursors only the last one it stored.

    ``stores_every`` event it stores the cursor: what came since then is sent again when it
    reconnects. ``leaves_after`` so many events it leaves by itself. ``trusting`` clients take no
    notice of errors in a result, as long as the stream goes on.
    """

    name: str
    wish: Wish
    transport: Transport
    addresses: Sequence[str]
    cursor: str
    stores_every: int = 1
    leaves_after: int | None = None
    trusting: bool = False
    seen: dict[str, None] = field(default_factory=dict)
    received: int = 0
    connections: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)

    async def follow(self) -> None:
        """Follow until cancelled: connect again, wherever somebody answers, at the last cursor."""
        delay = 0.0
        while True:
            before = self.received
            try:
                await self._follow_once(random.choice(self.addresses))
            except Interrupted as error:
                self.ends[str(error)] += 1
            delay = 0.0 if self.received > before else min(delay * 2 or 0.05, _LONGEST_DELAY)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))

    async def _follow_once(self, address: str) -> None:
        self.connections += 1
        variables = {"course": COURSE, "after": self.cursor}
        results = self.transport(address, self.wish.query, variables)
        async with aclosing(results):
            left = self.leaves_after
            async for result in results:
                self._take(result)
                if left is not None:
                    left -= 1
                    if left <= 0:
                        raise Interrupted("left by itself")

    def _take(self, result: dict[str, Any]) -> None:
        if "errors" in result and not self.trusting:
            raise Interrupted(f"{result['errors'][0]['extensions']['code']} in a result")
        event = (result.get("data") or {}).get(self.wish.field)
        if event is None:
            self.ends["ignored an error"] += 1
            return
        self.received += 1
        if event["id"] not in self.seen:
            self.seen[event["id"]] = None
            occurred_at = datetime.fromisoformat(event["occurredAt"])
            self.delays.append((datetime.now(UTC) - occurred_at).total_seconds())
        if self.received % self.stores_every == 0:
            self.cursor = event["cursor"]
