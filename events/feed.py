"""What one reader makes of the log for many: each is handed it at once, and nobody waits."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Final, Generic, TypeVar

from events.entry import P
from events.hub import BACKLOG

R = TypeVar("R")

TOLD_AT_ONCE: Final = 256  # members, before others than they may run


class Member(Generic[P, R]):
    """One who has everything up to ``place``, and wants what is behind it.

    ``offer`` sends something if that is possible at once, and tells whether it did. What it could
    not send waits in ``overdue``. ``ended`` says that nothing more will come.
    """

    __slots__ = ("_backlog", "_leaves", "_offer", "_stirred", "_waiting", "ended", "place")

    def __init__(self, place: P, offer: Callable[[R], bool], *, backlog: int = BACKLOG) -> None:
        self.place = place
        self.ended = False
        self._offer = offer
        self._backlog = backlog
        self._waiting: deque[tuple[P, R]] = deque()
        self._stirred = asyncio.Event()
        self._leaves = False

    def tell(self, place: P, result: R) -> bool:
        """Send what there is at a place, or keep it; tell whether there was room."""
        if not self._waiting and self._offer(result):
            self.place = place
            return True
        if len(self._waiting) >= self._backlog:
            return False
        self._waiting.append((place, result))
        self._stirred.set()
        return True

    async def overdue(self) -> AsyncGenerator[R, None]:
        """Yield what could not be sent at once, until the member is let go or all has ended.

        ``place`` goes on when the next one is asked for.
        """
        while True:
            while self._waiting:
                place, result = self._waiting[0]
                yield result
                if self.ended:
                    return
                self.place = place
                self._waiting.popleft()
            if self._leaves or self.ended:
                return
            self._stirred.clear()
            await self._stirred.wait()

    def let_go(self) -> None:
        """Have it go on by itself, behind what it was told."""
        self._leaves = True
        self._stirred.set()

    def end(self) -> None:
        """End at once."""
        self.ended = True
        self._waiting.clear()
        self._stirred.set()


class Feed(Generic[P, R]):
    """Those who are sent the same. ``place`` is how far they were told.

    When it is ``closed`` nobody is in it, and nobody joins any more.
    """

    def __init__(self, place: P) -> None:
        self.place = place
        self.closed = False
        # A dictionary without values: a set that keeps the order in which its members came.
        self._members: dict[Member[P, R], None] = {}

    def __len__(self) -> int:
        return len(self._members)

    def join(self, member: Member[P, R]) -> bool:
        """Take a member in, unless it lacks what the others were told; tell whether it is in."""
        if self.closed or member.place < self.place:
            return False
        self._members[member] = None
        return True

    def leave(self, member: Member[P, R]) -> None:
        """Forget a member, if it is still known."""
        self._members.pop(member, None)

    def let_go(self, member: Member[P, R]) -> None:
        """Have a member go on by itself."""
        self.leave(member)
        member.let_go()

    async def tell(self, place: P, result: R) -> None:
        """Tell all members what there is at a place, each of which is behind the one before.

        Who joins meanwhile has it already, who leaves is passed over, and who has no room for it
        is let go.
        """
        before, self.place = self.place, place
        members = list(self._members)
        for begin in range(0, len(members), TOLD_AT_ONCE):
            if begin:
                await asyncio.sleep(0)
            for member in members[begin : begin + TOLD_AT_ONCE]:
                # Most are where the feed was, which is quicker to tell than which place is behind.
                lacks_it = member.place is before or member.place < place
                if lacks_it and member in self._members and not member.tell(place, result):
                    self.let_go(member)

    def disband(self) -> None:
        """Have all members go on by themselves, and take in nobody any more."""
        self.closed = True
        for member in list(self._members):
            self.let_go(member)

    def end(self) -> None:
        """End all members, and take in nobody any more."""
        self.closed = True
        for member in self._members:
            member.end()
        self._members.clear()
