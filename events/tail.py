"""The one reader of the log in a process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final, Generic

from events.entry import E, Log, P
from events.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Pace:
    """How much of the log is read at once and how often it is looked at, in seconds.

    ``poll`` is what makes everything arrive when every wake-up is lost. ``recheck`` is for events
    that wait for an open transaction: if that is rolled back, nobody says so. ``gap`` between two
    looks lets the events of a busy moment be read together.
    """

    page: int = 1_000
    poll: float = 1.0
    recheck: float = 0.02
    gap: float = 0.005


DEFAULT_PACE: Final = Pace()


class Tail(Generic[E, P]):
    """Hands on the log from a place onwards, in order and once. ``place`` is how far it came."""

    def __init__(
        self,
        log: Log[E, P],
        place: P,
        publish: Callable[[Sequence[E]], Awaitable[None]],
        *,
        pace: Pace = DEFAULT_PACE,
    ) -> None:
        self.place = place
        self._log = log
        self._publish = publish
        self._pace = pace
        self._woken = asyncio.Event()
        self._read_at = monotonic()

    @property
    def silence(self) -> float:
        """Return the seconds since the log was last read."""
        return monotonic() - self._read_at

    def wake(self) -> None:
        """Have the log looked at now."""
        self._woken.set()

    async def run(self) -> None:
        """Read and hand on until cancelled. An error is waited out and nothing is skipped."""
        trouble = Trouble("reading the event log")
        while True:
            self._woken.clear()
            try:
                wait = await self._read_to_the_end()
            except Exception as error:  # noqa: BLE001 - a tail that dies leaves everybody without
                await trouble.wait_out(error)
                continue
            trouble.is_over()
            await asyncio.sleep(self._pace.gap)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _read_to_the_end(self) -> float:
        # Asked before the events are read: what gets complete in between is then either read, or
        # looked for again soon.
        has_incomplete = await self._log.has_incomplete()
        while True:
            events = await self._log.after(self.place, self._pace.page)
            self._read_at = monotonic()
            if events:
                await self._publish(events)
                self.place = events[-1].place
            if len(events) < self._pace.page:
                return self._pace.recheck if has_incomplete else self._pace.poll
