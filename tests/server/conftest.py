"""A server on each engine."""

from collections.abc import AsyncIterator

import pytest

from tests.server.live_server import LiveServer, serving, settings_of, with_course


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[LiveServer]:
    """A development server, and learners 1 to 3 in its course."""
    async with serving(settings_of(database_url)) as live:
        await with_course()
        yield live
