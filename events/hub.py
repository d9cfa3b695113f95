"""Fan-out inside a process: whoever publishes never waits for whoever reads."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Final, Generic

from events.entry import E, P

BACKLOG: Final = 1_000  # events a subscription may be behind before it must read the log
_ALL_COURSES: Final = None
_ASKED_AT_ONCE: Final = 256  # subscriptions, before those that were given something may run


class Subscription(Generic[E, P]):
    """Events for one reader, without a gap from ``since`` on, until it ends.

    ``until`` is where it fell behind: everything up to there was handed over. None if it did not.
    """

    __slots__ = (
        *("_admits", "_backlog", "_ended", "_error", "_events", "_stirred", "course_id"),
        *("for_many", "since", "until"),
    )

    def __init__(
        self,
        course_id: int | None,
        admits: Callable[[E], bool],
        since: P,
        backlog: int,
        *,
        for_many: bool = False,
    ) -> None:
        self.course_id = course_id
        self.for_many = for_many
        self.since = since
        self.until: P | None = None
        self._admits = admits
        self._backlog = backlog
        self._events: deque[E] = deque()
        self._stirred = asyncio.Event()
        self._ended = False
        self._error: Exception | None = None

    def __len__(self) -> int:
        return len(self._events)

    @property
    def waits(self) -> bool:
        """Tell whether there is nothing to hand over, and will be."""
        return not (self._events or self._ended or self._error)

    def __aiter__(self) -> "Subscription[E, P]":
        return self

    async def __anext__(self) -> E:
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._stirred.clear()
            await self._stirred.wait()
        return self._events.popleft()

    async def so_far(self) -> AsyncGenerator[E, None]:
        """Yield what was published until now, and end instead of waiting."""
        while not self.waits:
            try:
                yield await anext(self)
            except StopAsyncIteration:
                return

    def offer(self, event: E) -> bool:
        """Take an event in if it is asked for; tell whether there will be room for others."""
        try:
            admitted = self._admits(event)
        except Exception as error:  # noqa: BLE001 - it is the reader's, and must not hurt others
            self._error = error
            self._stirred.set()
            return False
        if admitted:
            if len(self._events) >= self._backlog:
                return False
            self._events.append(event)
            self._stirred.set()
        return True

    def fall_behind(self, until: P) -> None:
        """End after what was taken in up to a place."""
        self.until = until
        self._ended = True
        self._stirred.set()

    def end(self) -> None:
        """End at once."""
        self._events.clear()
        self._ended = True
        self._stirred.set()


class Hub(Generic[E, P]):
    """The subscriptions of a process. ``place`` is how far events were published."""

    def __init__(self, place: P, *, backlog: int = BACKLOG) -> None:
        self.place = place
        self.closed = False
        self._backlog = backlog
        # Dictionaries without values: sets that keep the order in which their members came.
        self._topics: dict[int | None, dict[Subscription[E, P], None]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._topics.values()))

    @property
    def followers(self) -> int:
        """Return how many subscriptions are for one reader each."""
        topics = self._topics.values()
        return sum(not one.for_many for topic in topics for one in topic)

    def subscribe(
        self, course_id: int | None, admits: Callable[[E], bool], *, for_many: bool = False
    ) -> Subscription[E, P]:
        """Begin to collect what is published about a course, or about all."""
        subscription = Subscription[E, P](
            course_id, admits, self.place, self._backlog, for_many=for_many
        )
        if self.closed:
            subscription.end()
        else:
            self._topics.setdefault(course_id, {})[subscription] = None
        return subscription

    def leave(self, subscription: Subscription[E, P]) -> None:
        """Forget a subscription, if it is still known."""
        topic = self._topics.get(subscription.course_id, {})
        topic.pop(subscription, None)
        if not topic:
            self._topics.pop(subscription.course_id, None)

    def publish(self, event: E) -> int:
        """Hand on an event, and drop whoever has no room for it; return how many were asked."""
        asked = 0
        for topic in (event.course_id, _ALL_COURSES):
            subscriptions = self._topics.get(topic)
            if subscriptions:
                asked += len(subscriptions)
                full = [each for each in subscriptions if not each.offer(event)]
                for subscription in full:
                    subscription.fall_behind(self.place)
                    self.leave(subscription)
        self.place = event.place
        return asked

    async def publish_all(self, events: Iterable[E]) -> None:
        """Hand on events; let readers run in between, but wait for none of them."""
        asked = 0
        for event in events:
            asked += self.publish(event)
            if asked >= _ASKED_AT_ONCE:
                asked = 0
                await asyncio.sleep(0)

    def close(self) -> None:
        """End all subscriptions, and those to come."""
        self.closed = True
        for topic in self._topics.values():
            for subscription in topic:
                subscription.end()
        self._topics.clear()
