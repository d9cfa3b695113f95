"""Wake-ups through NATS, for more processes than PostgreSQL should have to notify."""

from collections.abc import Callable
from typing import Any, Generic

from nats.aio.msg import Msg

from events.entry import P
from events.nats_session import SUBJECT, nats_session
from events.trouble import Trouble
from events.waker import Wakeable


class NatsWaker(Generic[P]):
    """Listens to a relay, and looks at the log only for what was not read yet.

    It announces nothing: the relay watches the log.
    """

    def __init__(self, url: str, *, parse_place: Callable[[str], P]) -> None:
        self._url = url
        self._parse_place = parse_place

    def announce(self) -> None:
        """Do nothing: the relay hears of it from PostgreSQL."""

    async def run(self, tail: Wakeable[Any]) -> None:
        """Listen until cancelled; connect again whenever the connection is lost."""

        async def wake(message: Msg) -> None:
            if tail.place < self._parse_place(message.data.decode()):
                tail.wake()

        trouble = Trouble("listening to NATS")
        while True:
            try:
                async with nats_session(self._url, "coursegrade") as session:
                    await session.client.subscribe(f"{SUBJECT}.*", cb=wake)
                    await session.client.flush()
                    tail.wake()  # for what was sent while nobody listened
                    trouble.is_over()
                    await session.wait()
            except Exception as error:  # noqa: BLE001 - without it all is slower, not wrong
                await trouble.wait_out(error)
