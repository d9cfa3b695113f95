"""The events of a log, for anyone in this process who wants to follow them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from math import inf
from types import TracebackType
from typing import Any, Final, Generic, Self
from weakref import WeakSet

from events.entry import E, Log, P, ReadPage
from events.feed import Feed
from events.follower import Follower
from events.hub import BACKLOG, Hub
from events.stretch import Stretch
from events.tail import DEFAULT_PACE, Pace, Tail
from events.waker import Waker

# Those who reconnect must not take all connections to the database away from those who write.
CATCH_UPS_AT_ONCE: Final = 4


class EventStream(Generic[E, P]):
    """One tail, one hub and the wakers of a process."""

    def __init__(
        self,
        log: Log[E, P],
        *,
        wakers: Sequence[Waker] = (),
        backlog: int = BACKLOG,
        pace: Pace = DEFAULT_PACE,
    ) -> None:
        self._log = log
        self._wakers = tuple(wakers)
        self._backlog = backlog
        self._pace = pace
        self._hub: Hub[E, P] | None = None
        self._tail: Tail[E, P] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._turns = asyncio.Semaphore(CATCH_UPS_AT_ONCE)
        self._feeds: WeakSet[Feed[P, Any]] = WeakSet()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def followers(self) -> int:
        """Return how many followers wait for what happens next."""
        alone = 0 if self._hub is None else self._hub.followers
        return alone + sum(map(len, self._feeds))

    @property
    def place(self) -> P | None:
        """Return how far this process has read the log, None before it began."""
        return None if self._tail is None else self._tail.place

    @property
    def silence(self) -> float:
        """Return the seconds since the log was last read; endless while nobody reads it."""
        reads = bool(self._tasks) and not self._tasks[0].done()
        return inf if self._tail is None or not reads else self._tail.silence

    async def start(self) -> None:
        """Begin to publish what is written from now on."""
        if self._tasks:
            raise RuntimeError("this stream of events is running already")
        place = await self._log.end()
        self._hub = Hub(place, backlog=self._backlog)
        self._tail = Tail(self._log, place, self._hub.publish_all, pace=self._pace)
        runs = [self._tail.run(), *(waker.run(self._tail) for waker in self._wakers)]
        self._tasks = [asyncio.create_task(run) for run in runs]

    def drain(self) -> None:
        """End all followers, and those to come, for a shutdown that waits for them."""
        if self._hub is not None:
            self._hub.close()

    async def stop(self) -> None:
        """End all followers and close what was opened."""
        self.drain()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Say that this process has committed events. Never waits, never fails."""
        if self._tail is not None:
            self._tail.wake()
        for waker in self._wakers:
            waker.announce()

    def feed(self, place: P) -> Feed[P, Any]:
        """Make a feed, whose members are among those who follow."""
        feed = Feed[P, Any](place)
        self._feeds.add(feed)
        return feed

    async def follow(
        self,
        course_id: int | None = None,
        *,
        after: P | None = None,
        admits: Callable[[E], bool] = lambda _: True,
        catch_up: ReadPage[P, E] | None = None,
        stretch: Stretch[P] | None = None,
    ) -> AsyncGenerator[E, None]:
        """Yield each event behind a place, or from now on, once and in order; end with the stream.

        What is before now is read with `catch_up`, which may leave out what `admits` refuses.
        A stretch says where to begin instead, and whether to end at the present.
        Close the generator (`contextlib.aclosing`) when done with it.

        :raises RuntimeError: if the stream was never started.
        """
        hub = self._started()
        if hub.closed:
            return
        stretch = stretch or Stretch()
        place = await self._place(stretch.begins_at, after)
        read = catch_up or self._log.after
        follower = Follower(course_id, admits, read, place=place, turns=self._turns)
        while not hub.closed:
            # Joined before the log is read: what is published meanwhile waits in the subscription,
            # and places tell what of it was read already.
            subscription = follower.join(hub, for_many=stretch.for_many)
            try:
                known = stretch.up_to(subscription.since)
                while follower.place < known and not hub.closed:
                    for event in await follower.missed(known):
                        if hub.closed:
                            return
                        yield event
                async for event in subscription.so_far() if stretch.until_present else subscription:
                    if follower.is_new(event):
                        yield event
                if subscription.waits:
                    follower.skip_to(hub.place)
                    stretch.reached = follower.place
                    return
                if subscription.until is not None:
                    follower.skip_to(subscription.until)
            finally:
                hub.leave(subscription)

    def _started(self) -> Hub[E, P]:
        if self._hub is None:
            raise RuntimeError("this stream of events was not started")
        return self._hub

    async def _place(self, *asked: P | None) -> P:
        for place in asked:
            if place is not None:
                return place
        return await self._log.end()
