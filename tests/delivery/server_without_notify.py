"""A server that neither sends nor hears NOTIFY: `python -m tests.delivery.server_without_notify`."""

import asyncio
from typing import Any

import server.event_stream
from events import Wakeable
from server.serve import serve
from server.settings import Settings


class DeafWaker:
    """Hears nothing and says nothing."""

    def __init__(self, url: str) -> None:
        """Take a URL as the real one does."""

    def announce(self) -> None:
        """Say nothing."""

    async def run(self, tail: Wakeable[Any]) -> None:
        """Hear nothing until cancelled."""
        await asyncio.Event().wait()


if __name__ == "__main__":
    server.event_stream.PostgresWaker = DeafWaker  # type: ignore[assignment,misc]
    serve(Settings())
