"""A server that neither sends nor hears NOTIFY."""

import asyncio
from typing import Any
from unittest.mock import patch

from events import Wakeable
from server.serve import serve
from server.settings import Settings


class DeafWaker:
    """Hears nothing and says nothing."""

    def __init__(self, url: str) -> None:
        """Take a URL as the real one does."""

    def announce(self) -> None:
        """Say nothing."""

    async def run(self, _tail: Wakeable[Any]) -> None:
        """Hear nothing until cancelled."""
        await asyncio.Event().wait()


if __name__ == "__main__":
    # No setting of the product: nobody should want it.
    patch("server.event_stream.PostgresWaker", DeafWaker).start()
    serve(Settings())
