"""What many ask for in the same words is executed once, and what they may not share is not."""

from contextlib import AsyncExitStack

import pytest
from graphql.execution import Executor

from grading import CourseKey
from resolvers.access import Viewer
from resolvers.context import Context
from schema import live
from schema.grade_event import GradeEvent
from tests.factories import COURSE
from tests.server.live_server import CHANGES, GraphQLSocket, LiveServer

pytestmark = pytest.mark.slow

SAME_IN_OTHER_WORDS = CHANGES.replace("courseGradeChanged(", "changed: courseGradeChanged(")
OF_A_LEARNER = """
subscription Changes($course: CourseKey!, $learner: LearnerRef) {
  courseGradeChanged(courseKey: $course, learner: $learner) { after { percent } }
}
"""


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The events that were executed, by id, once for each time."""
    ids: list[str] = []
    execute = live._executed

    async def counting(
        executor: Executor[Context], event: GradeEvent, viewer: Viewer
    ) -> live.SharedResult:
        ids.append(event.id)
        return await execute(executor, event, viewer)

    monkeypatch.setattr(live, "_executed", counting)
    return ids


async def subscribed(
    stack: AsyncExitStack, server: LiveServer, query: str, **variables: object
) -> GraphQLSocket:
    """Open a socket of its own, with one subscription."""
    socket = await stack.enter_async_context(server.opened())
    await socket.subscribe("s", query, **variables)
    return socket


async def test_two_hundred_who_ask_the_same_cost_one_execution_an_event(
    server: LiveServer, executed: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await subscribed(stack, server, CHANGES, course=COURSE) for _ in range(200)]
        await server.followed_by(200)
        for earned in (0.25, 0.5):
            await server.record(earned)
        seen = [[await socket.next("s") for _ in range(2)] for socket in sockets]

    assert all(one == seen[0] for one in seen)
    percents = [one["data"]["courseGradeChanged"]["after"]["percent"] for one in seen[0]]
    assert percents == [0.15, 0.3]
    assert len(executed) == len(set(executed)) == 2


async def test_where_somebody_began_makes_no_difference(
    server: LiveServer, executed: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        early = await subscribed(stack, server, CHANGES, course=COURSE, after=await server.cursor())
        late = await subscribed(stack, server, CHANGES, course=COURSE)
        await server.followed_by(2)
        await server.record(0.25)

        assert await early.next("s") == await late.next("s")

    assert len(executed) == 1


async def test_other_words_and_other_variables_are_executed_apart(
    server: LiveServer, executed: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        plain = await subscribed(stack, server, CHANGES, course=COURSE)
        other = await subscribed(stack, server, SAME_IN_OTHER_WORDS, course=COURSE)
        by_name = await subscribed(
            stack, server, OF_A_LEARNER, course=COURSE, learner={"username": "learner-001"}
        )
        by_id = await subscribed(
            stack, server, OF_A_LEARNER, course=COURSE, learner={"userId": "1"}
        )
        await server.followed_by(4)
        await server.record(0.25)

        assert set((await plain.next("s"))["data"]) == {"courseGradeChanged"}
        assert set((await other.next("s"))["data"]) == {"changed"}
        assert await by_name.next("s") == await by_id.next("s")

    assert len(executed) == 4


async def test_one_who_leaves_does_not_end_what_others_wait_for(server: LiveServer) -> None:
    async with AsyncExitStack() as stack:
        leaving = await subscribed(stack, server, CHANGES, course=COURSE)
        staying = await subscribed(stack, server, CHANGES, course=COURSE)
        await server.followed_by(2)
        for earned in (0.25, 0.5, 0.75, 1.0):
            await server.record(earned)
            if earned == 0.5:
                leaving.connection.transport.abort()
        seen = [await staying.next("s") for _ in range(4)]

    percents = [one["data"]["courseGradeChanged"]["after"]["percent"] for one in seen]
    assert percents == [0.15, 0.3, 0.45, 0.6]


async def test_what_fails_in_one_field_of_an_event_is_told_beside_the_rest(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(context: Context, username: str, course_key: CourseKey) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("resolvers.learners.find_actor", fail)
    query = "subscription { passingStatusChanged { to actor { id } } }"
    async with AsyncExitStack() as stack:
        socket = await subscribed(stack, server, query)
        await server.followed_by(1)
        await server.record(1.0)
        result = await socket.next("s")

    (error,) = result["errors"]
    assert result["data"] == {"passingStatusChanged": {"to": "PASSING", "actor": None}}
    assert error["path"] == ["passingStatusChanged", "actor"]
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert "secret" not in str(result)
    assert "a secret of ours" in caplog.text
