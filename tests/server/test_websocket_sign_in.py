"""Who is at the other end of a WebSocket, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from db.course_roles import CourseRole, delete_course_role, save_course_roles
from db.enrollments import Enrollment, save_enrollments
from db.sql import fetch
from grading import LearnerId
from resolvers.access import Viewer
from resolvers.viewers import RECENT, identify_recently
from server.settings import Settings
from tests.factories import COURSE, NOW
from tests.server.live_server import CHANGES, SECRET, LiveServer, serving, settings_of, with_course

pytestmark = pytest.mark.slow


@pytest.fixture
def engine() -> str:
    """Signing in is the same on either engine."""
    return "sqlite"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The settings of a server that wants tokens."""
    return settings_of(database_url, development=False, jwt_secret=SECRET)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[LiveServer]:
    """A server that wants tokens."""
    async with serving(settings) as live:
        await with_course()
        yield live


def token(
    *, staff: bool = True, seconds: float = 3600.0, secret: str = SECRET, name: str = "someone"
) -> str:
    """Sign a token; servers accept one for another 30 seconds."""
    claims = {
        "preferred_username": name,
        "administrator": staff,
        "exp": (datetime.now(UTC) + timedelta(seconds=seconds)).timestamp(),
    }
    return f"Bearer {jwt.encode({'alg': 'HS256'}, claims, OctKey.import_key(secret))}"


STAFF = token()
EXAM_CHANGES = """
subscription Changes($course: CourseKey!) {
  subsectionGradeChanged(courseKey: $course) { after { earned } }
}
"""
NO_COURSE = "course-v1:No+Such+Course"


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ({"Authorization": STAFF}, None),
        ({}, {"authorization": STAFF}),
        ({}, {"Authorization": STAFF}),
        ({}, {"headers": {"Authorization": STAFF}}),
        ({"Authorization": "Bearer nonsense"}, {"Authorization": STAFF}),
        ({"Authorization": STAFF}, {"headers": None, "authorization": None}),
    ],
)
async def test_a_token_may_come_with_the_handshake_or_the_greeting(
    server: LiveServer, headers: dict[str, str], payload: dict[str, Any] | None
) -> None:
    async with server.opened(payload, headers=headers) as socket:
        await socket.subscribe("one", CHANGES, course=COURSE)
        await server.followed_by(1)
        await server.record(0.75, token=STAFF.removeprefix("Bearer "))

        event = await socket.next("one")

    assert event["data"]["courseGradeChanged"]["after"] == {"percent": 0.45}


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer nonsense",
        "Basic dXNlcjpwYXNz",
        "Bearer",
        token(secret="another secret of thirty-two characters"),
        token(seconds=-60),
        17,
        {"Bearer": STAFF},
    ],
)
async def test_a_token_that_does_not_hold_closes_the_socket(
    server: LiveServer, authorization: object
) -> None:
    async with server.opened(initialised=False) as socket:
        await socket.send(type="connection_init", payload={"authorization": authorization})

        assert await socket.closed() == (4403, "Forbidden")


@pytest.mark.parametrize("payload", [None, {"authorization": token(staff=False)}])
async def test_whoever_may_not_know_of_a_course_is_told_that_there_is_none(
    server: LiveServer, payload: dict[str, str] | None
) -> None:
    async with server.opened(payload) as socket:
        await socket.subscribe("one", CHANGES, course=COURSE)
        forbidden = await socket.refusal("one")
        await socket.subscribe("two", CHANGES, course=NO_COURSE)
        absent = await socket.refusal("two")
        await socket.subscribe("three", "subscription { passingStatusChanged { id } }")
        everything = await socket.refusal("three")

    assert forbidden["extensions"] == {"code": "COURSE_NOT_FOUND"}
    assert forbidden["message"] == absent["message"].replace(NO_COURSE, COURSE)
    assert everything["extensions"] == {"code": "FORBIDDEN"}


async def test_a_socket_ends_with_its_token(server: LiveServer) -> None:
    async with server.opened({"authorization": token(seconds=-29.5)}) as socket:
        await socket.subscribe("one", CHANGES, course=COURSE)

        assert await socket.closed() == (4403, "Token expired")

    await server.followed_by(0)


def without_recent_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the second pass that roles may be old."""
    monkeypatch.setattr("resolvers.viewers.RECENT", -1.0)


async def test_a_role_that_is_taken_away_ends_the_stream(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recent_viewers(monkeypatch)
    ((course_id,),) = await fetch("select id from course")
    role = CourseRole(course_id, LearnerId(3), "staff")
    await save_course_roles([role], now=NOW)
    as_staff = {"authorization": token(staff=False, name="learner-003")}
    async with server.opened(as_staff) as socket:
        await socket.subscribe("one", EXAM_CHANGES, course=COURSE)
        await server.followed_by(1)
        await server.record(0.25, token=STAFF.removeprefix("Bearer "))
        seen = await socket.next("one")
        await delete_course_role(role)
        await server.record(0.5, token=STAFF.removeprefix("Bearer "))

        refusal = await socket.refusal("one")

    assert seen["data"]["subsectionGradeChanged"]["after"] == {"earned": 0.25}
    assert refusal["extensions"] == {"code": "FORBIDDEN"}


async def test_an_enrollment_that_ends_ends_the_stream(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recent_viewers(monkeypatch)
    ((course_id,),) = await fetch("select id from course")
    as_learner = {"authorization": token(staff=False, name="learner-001")}
    async with server.opened(as_learner) as socket:
        await socket.subscribe("one", EXAM_CHANGES, course=COURSE)
        await server.followed_by(1)
        await server.record(0.75, learner=2, token=STAFF.removeprefix("Bearer "))
        await server.record(0.25, token=STAFF.removeprefix("Bearer "))
        seen = await socket.next("one")
        await save_enrollments([Enrollment(course_id, LearnerId(1), active=False)], now=NOW)
        await server.record(0.5, token=STAFF.removeprefix("Bearer "))

        refusal = await socket.refusal("one")

    # The other learner's event came first, and was not theirs to see.
    assert seen["data"]["subsectionGradeChanged"]["after"] == {"earned": 0.25}
    assert refusal["extensions"] == {"code": "COURSE_NOT_FOUND"}


async def test_roles_are_at_most_a_second_old(server: LiveServer) -> None:
    claimed = Viewer("learner-003")
    before = await identify_recently(claimed)
    ((course_id,),) = await fetch("select id from course")
    await save_course_roles([CourseRole(course_id, LearnerId(3), "staff")], now=NOW)

    at_once = await identify_recently(claimed)
    await asyncio.sleep(RECENT)
    a_second_later = await identify_recently(claimed)

    assert (RECENT, before.staff_of, at_once) == (1.0, frozenset(), before)
    assert a_second_later.staff_of == {COURSE}
