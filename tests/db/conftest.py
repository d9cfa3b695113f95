"""The engine tests' own table, on either engine."""

from collections.abc import AsyncIterator

import pytest

from db.connection import connected, dialect
from db.sql import execute
from tests.db.counter_models import CREATE_COUNTER


@pytest.fixture
async def counters(blank_url: str) -> AsyncIterator[str]:
    """A database with the table `counter` that the test is connected to: its URL."""
    async with connected(
        blank_url, models="tests.db.counter_models", pool_size=5, acquire_timeout=2
    ):
        timestamp = "timestamptz" if dialect() == "postgres" else "timestamp"
        await execute(CREATE_COUNTER.format(timestamp=timestamp))
        await execute("insert into counter (course_id, learner_id, total) values (1, 7, 0)")
        yield blank_url
