"""One reader's way from its own place in the log to what happens now."""

from asyncio import Semaphore
from collections.abc import Callable
from typing import Final, Generic

from events.entry import E, P, ReadPage
from events.hub import Hub, Subscription

# Each follower that catches up holds one page: a thousand that reconnect must not fill the memory.
PAGE: Final = 200


class Follower(Generic[E, P]):
    """Gets every event of a course, or of all, behind ``place``, which is how far it came."""

    def __init__(
        self,
        course_id: int | None,
        admits: Callable[[E], bool],
        read: ReadPage[P, E],
        *,
        place: P,
        turns: Semaphore,
    ) -> None:
        self.place = place
        self._course_id = course_id
        self._admits = admits
        self._read = read
        self._turns = turns

    def join(self, hub: Hub[E, P], *, for_many: bool) -> Subscription[E, P]:
        """Collect from now on what is published."""
        return hub.subscribe(self._course_id, self._admits, for_many=for_many)

    async def missed(self, until: P) -> list[E]:
        """Read on in the log and return what is asked for; everything is read at `until`."""
        async with self._turns:
            page = await self._read(self.place, PAGE)
        if page:
            self.place = page[-1].place
        if len(page) < PAGE:
            self.skip_to(until)
        return [event for event in page if self._asks_for(event)]

    def is_new(self, event: E) -> bool:
        """Go on to a published event, unless it was read in the log already."""
        if event.place <= self.place:
            return False
        self.place = event.place
        return True

    def skip_to(self, place: P) -> None:
        """Note that everything up to a place was seen."""
        self.place = max(self.place, place)

    def _asks_for(self, event: E) -> bool:
        return self._course_id in {None, event.course_id} and self._admits(event)
