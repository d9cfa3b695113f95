"""The demonstration course, loaded for tests at a moment in its autumn."""

from datetime import UTC, datetime
from typing import Final

from db.connection import connected
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.demonstration import load_demonstration

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)


def staff() -> Context:
    """Return the circumstances of an operation of global staff."""
    return Context(Viewer("reader", global_staff=True), now=lambda: NOW)


async def load(url: str) -> None:
    """Load it into the migrated database at a URL."""
    async with connected(url):
        await load_demonstration(staff())
