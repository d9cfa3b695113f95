"""An event that could not be told is not passed over."""

import asyncio
from typing import Any, NoReturn
from unittest.mock import patch

import pytest

from db.errors import DBConnectionError
from tests.factories import COURSE
from tests.server.live_server import SOON, GraphQLSocket, serving, settings_of, with_course

pytestmark = pytest.mark.slow

FOLLOW = """
subscription Follow($course: CourseKey!, $after: String, $types: [GradeEventType!]) {
  gradeEvents(courseKey: $course, after: $after, types: $types) { learner { username } }
}
"""


async def unreachable(*_: object) -> NoReturn:
    raise DBConnectionError("the database is away")


async def resumed(socket: GraphQLSocket, asked: dict[str, object]) -> dict[str, Any]:
    """Return the first message to who subscribes again."""
    await socket.subscribe("2", FOLLOW, **asked)
    return await socket.receive()


async def test_an_event_that_cannot_be_told_ends_its_stream_and_comes_to_who_resumes(
    database_url: str,
) -> None:
    async with serving(settings_of(database_url)) as server:
        await with_course()
        cursor = await server.cursor()
        asked: dict[str, object] = {
            "course": COURSE,
            "after": cursor,
            "types": ["COURSE_GRADE_CHANGED"],
        }
        async with server.opened() as socket:
            with patch("resolvers.learners.read_learner", unreachable):
                await socket.subscribe("1", FOLLOW, **asked)
                await server.record(1.0)
                refusal = await socket.refusal("1")
            async with asyncio.timeout(SOON):
                # For a moment they may share the answer of who asked before.
                while (answer := await resumed(socket, asked))["type"] == "error":
                    await asyncio.sleep(0.2)

    assert refusal["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    told = {"gradeEvents": {"learner": {"username": "learner-001"}}}
    assert (answer["type"], answer["payload"]) == ("next", {"data": told})
