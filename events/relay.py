"""The one process of a fleet that reads the log and tells NATS about it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Generic

from nats.aio.client import Client

from events.entry import E, Log, P
from events.nats_session import SUBJECT, NatsSession, nats_session
from events.postgres_session import PostgresSession, postgres_session
from events.tail import DEFAULT_PACE, Pace, Tail
from events.trouble import Trouble
from events.waker import Waker

LEADER_LOCK: Final = 7_236_284_581_133_676_665  # an advisory lock: only its holder publishes
CANDIDACY_INTERVAL: Final = 1.0  # seconds


class Relay(Generic[E, P]):
    """Publishes to NATS, or stands by to do so: several may run, one leads.

    A message says how far a course has events, not which. It may be lost or repeated, since
    whoever gets it reads the log.
    """

    def __init__(  # noqa: PLR0913
        self,
        log: Log[E, P],
        *,
        postgres_url: str,
        nats_url: str,
        format_place: Callable[[P], str],
        wakers: Sequence[Waker] = (),
        pace: Pace = DEFAULT_PACE,
    ) -> None:
        self.leads = False
        self._log = log
        self._postgres_url = postgres_url
        self._nats_url = nats_url
        self._format_place = format_place
        self._wakers = tuple(wakers)
        self._pace = pace
        self._place: P | None = None

    async def run(self) -> None:
        """Publish whenever no other relay does, until cancelled."""
        trouble = Trouble("relaying events to NATS")
        while True:
            try:
                async with (
                    nats_session(self._nats_url, "coursegrade relay") as broker,
                    postgres_session(self._postgres_url, "coursegrade relay") as candidate,
                ):
                    place = await self._election(candidate, trouble)
                    await self._lead(place, broker, candidate)
            except Exception as error:  # noqa: BLE001 - without it all is slower, not wrong
                await trouble.wait_out(error)

    async def _election(self, candidate: PostgresSession, trouble: Trouble) -> P:
        """Wait to be the leader; return a place from before that, to begin at."""
        place = await self._log.end() if self._place is None else self._place
        while not await candidate.connection.fetchval(
            "select pg_try_advisory_lock($1)", LEADER_LOCK
        ):
            trouble.is_over()
            place = await self._log.end()
            await asyncio.sleep(CANDIDACY_INTERVAL)
        trouble.is_over()
        return place

    async def _lead(self, place: P, broker: NatsSession, leader: PostgresSession) -> None:
        async def publish(events: Sequence[E]) -> None:
            await self._publish(broker.client, events)

        tail = Tail(self._log, place, publish, pace=self._pace)
        self.leads = True
        try:
            async with asyncio.TaskGroup() as tasks:
                # Whichever connection is lost first ends all.
                tasks.create_task(broker.wait())
                tasks.create_task(leader.wait())
                tasks.create_task(tail.run())
                for waker in self._wakers:
                    tasks.create_task(waker.run(tail))
        finally:
            self.leads = False
            self._place = tail.place

    async def _publish(self, client: Client, events: Sequence[E]) -> None:
        reached = {event.course_id: event.place for event in events}
        for course_id, place in reached.items():
            await client.publish(f"{SUBJECT}.{course_id}", self._format_place(place).encode())
