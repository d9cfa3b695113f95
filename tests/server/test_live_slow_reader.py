"""One who reads slowly makes nobody wait, and still gets everything."""

from collections.abc import AsyncIterator

import pytest

from db.event_log import Origin, append_events
from db.sql import fetch
from db.transaction import grade_transaction
from grading import Cause, LearnerId, Points, SubsectionGradeChanged
from tests.factories import COURSE, NOW, subsection_key
from tests.server.live_server import LiveServer, serving, settings_of, with_course

pytestmark = pytest.mark.slow

LONG = "\n".join(f"field{number}: correlationId" for number in range(150))
BULKY = f"subscription B($c: CourseKey!) {{ gradeEvents(courseKey: $c) {{ cursor id {LONG} }} }}"
SHORT = "subscription S($c: CourseKey!) { gradeEvents(courseKey: $c) { id } }"
EVENTS = 2_500


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[LiveServer]:
    """A development server that grants the many aliases of a bulky event."""
    async with serving(settings_of(database_url, max_aliases=200)) as live:
        await with_course()
        yield live


async def publish(server: LiveServer, count: int) -> None:
    """Write events into the log, in one transaction."""
    ((course_id,),) = await fetch("select id from course")
    changes = [
        SubsectionGradeChanged(LearnerId(1), version, subsection_key("exam"), None, Points(1, 1))
        for version in range(1, count + 1)
    ]
    async with grade_transaction(course_id, [LearnerId(1)]):
        origin = Origin(Cause.BULK_IMPORT, None, "c" * 36)
        await append_events(course_id, changes, origin, now=NOW)
    server.events.wake()


@pytest.mark.slow
async def test_a_slow_reader_delays_nobody_and_misses_nothing(server: LiveServer) -> None:
    async with server.opened() as slow, server.opened() as quick:
        await slow.subscribe("s", BULKY, c=COURSE)
        await quick.subscribe("q", SHORT, c=COURSE)
        await server.followed_by(2)

        await publish(server, EVENTS)
        of_quick = [(await quick.next("q"))["data"]["gradeEvents"]["id"] for _ in range(EVENTS)]
        # What does not fit into the network's buffers is not kept for the other one in ours.
        await server.followed_by(1)
        of_slow = [(await slow.next("s"))["data"]["gradeEvents"]["id"] for _ in range(EVENTS)]
        await slow.send(type="ping")
        assert await slow.receive() == {"type": "pong"}

    assert len(set(of_quick)) == EVENTS
    assert of_slow == of_quick
