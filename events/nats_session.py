"""A connection to NATS, kept only while it is alive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import nats
from nats.aio.client import Client

SUBJECT: Final = "ge"  # ge.<course id>: that course has events up to the place in the message

_CONNECT_TIMEOUT: Final = 5  # seconds
_PING_INTERVAL: Final = 5  # seconds; two in a row without an answer end the connection


class NatsSession:
    """An open connection that can be waited with."""

    def __init__(self, client: Client, lost: asyncio.Event) -> None:
        self.client = client
        self._lost = lost

    async def wait(self) -> None:
        """Wait until the connection is gone.

        :raises ConnectionError: when it is.
        """
        await self._lost.wait()
        raise ConnectionError("the connection to NATS is gone")


@asynccontextmanager
async def nats_session(url: str, name: str) -> AsyncIterator[NatsSession]:
    """Connect once: whoever connects again also has to read what was missed."""
    lost = asyncio.Event()

    async def note_loss() -> None:
        lost.set()

    async def ignore(error: Exception) -> None:
        """Leave it to `wait`: the library would log each error by itself."""

    client = await nats.connect(
        url,
        name=name,
        allow_reconnect=False,
        connect_timeout=_CONNECT_TIMEOUT,
        ping_interval=_PING_INTERVAL,
        closed_cb=note_loss,
        disconnected_cb=note_loss,
        error_cb=ignore,
    )
    try:
        yield NatsSession(client, lost)
    finally:
        with suppress(Exception):
            await client.close()
