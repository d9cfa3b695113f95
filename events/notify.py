"""Wake-ups between processes through PostgreSQL's LISTEN and NOTIFY."""

import asyncio
from typing import Any, Final

from events.postgres_session import PostgresSession, postgres_session
from events.trouble import Trouble
from events.waker import Wakeable

CHANNEL: Final = "grade_event"
NOTIFY_GAP: Final = 0.02  # seconds from one NOTIFY of a process to its next


class PostgresWaker:
    """One connection that listens, and says after commits that something was written.

    A NOTIFY holds a lock of the whole cluster while it commits. So it is never part of the
    transaction that wrote, it has no payload, and a busy moment is announced as one.

    With `listens` off it only announces, for processes that hear of others in another way.
    """

    def __init__(self, url: str, *, listens: bool = True) -> None:
        self.notified = 0  # how often this process sent a NOTIFY
        self._url = url
        self._listens = listens
        self._session: PostgresSession | None = None

    def announce(self) -> None:
        """Send a NOTIFY soon; nothing while there is no connection, since a new one begins so."""
        if self._session is not None:
            self._session.stir()

    async def run(self, tail: Wakeable[Any]) -> None:
        """Listen and announce until cancelled; connect again whenever the connection is lost."""
        trouble = Trouble("listening to PostgreSQL")
        while True:
            try:
                async with postgres_session(self._url, "coursegrade wake-up") as session:
                    if self._listens:
                        await _listen(session, tail)
                    tail.wake()  # for what was announced while nobody listened
                    trouble.is_over()
                    self._session = session
                    await self._announce(session)
            except Exception as error:  # noqa: BLE001 - without it all is slower, not wrong
                await trouble.wait_out(error)
            finally:
                self._session = None

    async def _announce(self, session: PostgresSession) -> None:
        session.stir()  # for what was committed while nobody could say so
        while True:
            await session.wait()
            await session.connection.execute(f"notify {CHANNEL}")
            self.notified += 1
            await asyncio.sleep(NOTIFY_GAP)


async def _listen(session: PostgresSession, tail: Wakeable[Any]) -> None:
    own = session.connection.get_server_pid()

    def hear(_connection: object, sender: int, _channel: str, _payload: str) -> None:
        if sender != own:  # whoever commits here has woken the tail already
            tail.wake()

    await session.connection.add_listener(CHANNEL, hear)
