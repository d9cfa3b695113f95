"""Many follow together: what each is sent is what it would be sent alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import pytest

from db.course_roles import CourseRole, delete_course_role, save_course_roles
from db.event_log import LoggedEvent, Origin, append_events, events_after
from db.event_log_state import Place
from db.sql import fetch
from db.transaction import grade_transaction
from events import Member
from grading import Cause, LearnerId, Points, SubsectionGradeChanged
from resolvers.event_cursor import cursor_of
from schema import live
from tests.factories import COURSE, NOW, subsection_key
from tests.server.live_server import (
    SECRET,
    SOON,
    GraphQLSocket,
    LiveServer,
    serving,
    settings_of,
    with_course,
)
from tests.server.test_websocket_sign_in import token

pytestmark = pytest.mark.slow

LONG = "\n".join(f"field{number}: correlationId" for number in range(150))
EVENTS = """
subscription Events($course: CourseKey!, $after: String) {
  gradeEvents(courseKey: $course, after: $after) { id }
}
"""
BULKY = EVENTS.replace("{ id }", f"{{ id {LONG} }}")
OTHERS = EVENTS.replace("{ id }", "{ id cause }")


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[LiveServer]:
    """A development server that grants the many aliases of a bulky event."""
    async with serving(settings_of(database_url, max_aliases=200)) as running:
        await with_course()
        yield running


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


async def logged() -> list[LoggedEvent]:
    return await events_after(Place(0, 0), limit=10_000)


async def ids(socket: GraphQLSocket, count: int) -> list[str]:
    """Receive the ids of the next events of the operation called s."""
    return [(await socket.next("s"))["data"]["gradeEvents"]["id"] for _ in range(count)]


async def test_whoever_joins_while_much_is_written_gets_everything_once_and_in_order(
    server: LiveServer,
) -> None:
    await publish(server, 300)
    ((epoch,),) = await fetch("select epoch from event_log_state")
    before = await logged()
    begins = range(0, 300, 12)

    async def write() -> None:
        for _ in range(60):
            await publish(server, 5)
            await asyncio.sleep(0.002)

    async def follow(begin: int) -> list[str]:
        after = cursor_of(epoch, before[begin].place)
        async with server.opened() as socket:
            await asyncio.sleep(begin / 1_000)  # they come one after the other, amid the writing
            await socket.subscribe("s", EVENTS, course=COURSE, after=after)
            return await ids(socket, 599 - begin)

    writing = asyncio.create_task(write())
    async with asyncio.timeout(SOON * 6):
        seen = await asyncio.gather(*map(follow, begins))
        await writing

    everything = seen[0]
    assert len(set(everything)) == 599 == len(await logged()) - 1
    assert [got == everything[begin:] for begin, got in zip(begins, seen, strict=True)] == [
        True
    ] * 25


async def test_a_slow_member_delays_nobody_falls_behind_and_comes_back(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.live.Member", partial(Member, backlog=20))
    async with server.opened() as slow, server.opened() as quick:
        for socket in (slow, quick):
            await socket.subscribe("s", BULKY, course=COURSE)
        await server.followed_by(2)
        await publish(server, 1_500)
        of_quick = await ids(quick, 1_500)
        await server.followed_by(1)

        of_slow = await ids(slow, 1_500)
        await server.followed_by(2)
        await publish(server, 1)
        last = [await ids(socket, 1) for socket in (slow, quick)]

    assert len(set(of_quick)) == 1_500
    assert of_slow == of_quick
    assert last[0] == last[1]


async def test_an_operation_that_was_completed_is_sent_nothing_under_its_next_life(
    server: LiveServer,
) -> None:
    async def write() -> None:
        while True:
            await publish(server, 3)
            await asyncio.sleep(0)

    async with server.opened() as socket, server.opened() as other:
        for one in (socket, other):
            await one.subscribe("s", EVENTS, course=COURSE)
        await server.followed_by(2)
        writing = asyncio.create_task(write())
        try:
            for query, fields in ((OTHERS, {"id", "cause"}), (EVENTS, {"id"})) * 10:
                await ids(socket, 3)
                await socket.send(id="s", type="complete")
                await socket.subscribe("s", query, course=COURSE)
                shapes = [set((await socket.next("s"))["data"]["gradeEvents"]) for _ in range(40)]
                begun = shapes.index(fields)
                assert all(shape == fields for shape in shapes[begun:])
        finally:
            writing.cancel()


async def test_what_cannot_be_told_ends_each_operation_and_no_socket(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(server.opened()) for _ in range(3)]
        for socket in sockets:
            await socket.subscribe("s", EVENTS, course=COURSE)
        await server.followed_by(3)
        await publish(server, 1)
        seen = [await ids(socket, 1) for socket in sockets]
        with monkeypatch.context() as patch:
            patch.setattr(live, "_executed", _fail)
            await publish(server, 1)
            codes = [(await socket.refusal("s"))["extensions"]["code"] for socket in sockets]
        for socket in sockets:
            await socket.subscribe("s", EVENTS, course=COURSE)
        await server.followed_by(3)
        await publish(server, 1)
        later = [await ids(socket, 1) for socket in sockets]

    assert seen == [seen[0]] * 3
    assert codes == ["INTERNAL_ERROR"] * 3
    assert later == [later[0]] * 3


async def _fail(*_: object) -> live.SharedResult:
    raise RuntimeError("a bug of ours")


@pytest.fixture
async def guarded(database_url: str) -> AsyncIterator[LiveServer]:
    """A server that asks for tokens."""
    settings = settings_of(database_url, development=False, jwt_secret=SECRET)
    async with serving(settings) as running:
        await with_course()
        yield running


async def test_who_loses_a_role_leaves_and_the_others_stay(
    guarded: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.viewers.RECENT", -1.0)
    ((course_id,),) = await fetch("select id from course")
    role = CourseRole(course_id, LearnerId(3), "staff")
    await save_course_roles([role], now=NOW)
    teacher = {"authorization": token(staff=False, name="learner-003")}
    operator = {"authorization": token(staff=True)}
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(guarded.opened(payload))
            for payload in (teacher, teacher, operator, operator)
        ]
        for socket in sockets:
            await socket.subscribe("s", EVENTS, course=COURSE)
        await guarded.followed_by(4)
        await publish(guarded, 1)
        first = [await ids(socket, 1) for socket in sockets]
        await delete_course_role(role)
        await publish(guarded, 1)
        refused = [(await socket.refusal("s"))["extensions"]["code"] for socket in sockets[:2]]
        second = [await ids(socket, 1) for socket in sockets[2:]]
        await guarded.followed_by(2)

    assert first == [first[0]] * 4
    assert refused == ["FORBIDDEN"] * 2
    assert second[0] == second[1] != first[0]
