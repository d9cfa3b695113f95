"""PostgreSQL forgets in a crash which transactions were rolled back, and numbers them anew."""

import asyncio
from collections.abc import Iterator

import pytest

from db.connection import connected
from db.event_log import end_of_log, events_after
from db.migrate import migrate
from grading import LearnerId
from tests.conftest import run_apart
from tests.delivery.postgres_crash import crash_and_restart, lasting_database
from tests.events.grade_log import RolledBack, change_grade, enroll_everybody
from tests.postgres import cluster, server_programs

ADA = LearnerId(1)

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def own_server(postgres_server: str) -> Iterator[str]:
    """A server that nobody else's tests use."""
    programs = server_programs()
    assert programs is not None
    with cluster(programs) as server:
        yield server


async def test_a_cursor_from_before_a_crash_leads_to_what_is_committed_after_it(
    own_server: str,
) -> None:
    url, data = await lasting_database(own_server)
    run_apart(migrate(url))
    async with connected(url):
        await enroll_everybody()
        await change_grade(1, ADA)
        for _ in range(50):
            with pytest.raises(RolledBack):
                await change_grade(1, ADA, undone=True)
        cursor = await end_of_log()
        await asyncio.to_thread(crash_and_restart, data)
        await change_grade(1, ADA)

        (event,) = await events_after(cursor, limit=10)

    assert event.change.version == 2
