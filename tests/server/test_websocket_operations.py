"""Operations on one socket: side by side, each with its own errors."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from schema import schema
from tests.factories import COURSE, NOW, problem_key
from tests.server.live_server import CHANGES, RECORD, GraphQLSocket, LiveServer

pytestmark = pytest.mark.slow

PERCENT = """
query Percent($course: CourseKey!, $learner: ID!) {
  courseGrade(courseKey: $course, learner: { userId: $learner }) { percent }
}
"""


@pytest.fixture
def engine() -> str:
    """What an operation does on a socket is the same on either engine."""
    return "sqlite"


@pytest.fixture
async def socket(server: LiveServer) -> AsyncIterator[GraphQLSocket]:
    """A socket on which somebody watches the course as `live`."""
    async with server.opened() as opened:
        await opened.subscribe("live", CHANGES, course=COURSE)
        await server.followed_by(1)
        yield opened


def score(learner: int, course: str = COURSE) -> dict[str, Any]:
    return {
        "courseKey": course,
        "scores": [
            {
                "learner": {"userId": str(learner)},
                "usageKey": problem_key("exam_1"),
                "scoreGiven": 0.5,
                "scoreMaximum": 1.0,
                "timestamp": NOW.isoformat(),
            }
        ],
    }


async def percent_seen(server: LiveServer, socket: GraphQLSocket) -> float:
    """Change a grade; return what the subscription says of it."""
    await server.record(0.75)
    event = (await socket.next("live"))["data"]["courseGradeChanged"]
    percent: float = event["after"]["percent"]
    return percent


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "query {"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename }", "operationName": "B"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": CHANGES}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": CHANGES, "variables": {"course": 7}}, "INVALID_INPUT"),
        ({"query": CHANGES, "variables": {"course": "course-v1:No+Such+One"}}, "COURSE_NOT_FOUND"),
        ({"query": "subscription { __typename }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ a: __typename " * 3_000}, None),
    ],
)
async def test_an_operation_that_cannot_begin_gets_one_error_and_the_others_live(
    server: LiveServer, socket: GraphQLSocket, payload: dict[str, Any], code: str | None
) -> None:
    await socket.send(id="bad", type="subscribe", payload=payload)
    message = await socket.receive()

    assert (message["type"], message["id"]) == ("error", "bad")
    assert code is None or [one["extensions"]["code"] for one in message["payload"]] == [code]
    assert await percent_seen(server, socket) == 0.45


async def test_an_error_of_a_field_is_told_beside_the_data_and_the_others_live(
    server: LiveServer, socket: GraphQLSocket
) -> None:
    await socket.subscribe("bad", '{ gradeEvents(after: "nonsense") { nodes { id } } }')
    result = await socket.next("bad")

    assert result["data"] is None
    assert [error["path"] for error in result["errors"]] == [["gradeEvents"]]
    assert [error["extensions"]["code"] for error in result["errors"]] == ["INVALID_INPUT"]
    assert await socket.receive() == {"id": "bad", "type": "complete"}
    assert await percent_seen(server, socket) == 0.45


async def test_a_bug_is_masked_and_the_others_live(
    server: LiveServer, socket: GraphQLSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    with monkeypatch.context() as broken:
        broken.setattr("resolvers.access.may_read_grade", fail)
        await socket.subscribe("bad", PERCENT, course=COURSE, learner="1")
        result = await socket.next("bad")
        (error,) = result["errors"]

    assert result["data"] == {"courseGrade": None}
    assert "a secret" not in str(error)
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert len(error["extensions"]["requestId"]) >= 32
    assert await socket.receive() == {"id": "bad", "type": "complete"}
    assert await percent_seen(server, socket) == 0.45


async def test_a_refused_change_is_no_error_of_the_operation(
    server: LiveServer, socket: GraphQLSocket
) -> None:
    await socket.subscribe("change", RECORD, input=score(1, "course-v1:No+Such+One"))
    result = await socket.next("change")

    assert "errors" not in result
    assert result["data"]["recordScores"]["userErrors"] != []
    assert await socket.receive() == {"id": "change", "type": "complete"}
    assert await percent_seen(server, socket) == 0.45


async def test_queries_changes_and_subscriptions_go_side_by_side(
    server: LiveServer, socket: GraphQLSocket
) -> None:
    for number in (1, 2, 3):
        await socket.subscribe(f"change {number}", RECORD, input=score(number))
        await socket.subscribe(f"ask {number}", "{ __typename }")
        await socket.subscribe(f"wrong {number}", "{ nothing }")
    messages = [await socket.receive() for _ in range(3 * (2 + 2 + 1) + 3)]

    def of(id: str) -> list[str]:
        return [message["type"] for message in messages if message.get("id") == id]

    assert of("live") == ["next"] * 3
    for number in (1, 2, 3):
        assert of(f"change {number}") == ["next", "complete"]
        assert of(f"ask {number}") == ["next", "complete"]
        assert of(f"wrong {number}") == ["error"]


async def test_after_an_error_the_id_is_free(server: LiveServer, socket: GraphQLSocket) -> None:
    for _ in range(2):
        await socket.subscribe("one", "{ nothing }")
        await socket.refusal("one")
    await socket.subscribe("one", "{ __typename }")

    assert (await socket.next("one"))["data"] == {"__typename": "Query"}
    assert await socket.receive() == {"id": "one", "type": "complete"}


async def test_whoever_completes_at_once_gets_nothing_or_a_whole_answer(
    server: LiveServer, socket: GraphQLSocket
) -> None:
    await socket.subscribe("one", "{ __typename }")
    await socket.send(id="one", type="complete")
    await socket.subscribe("two", CHANGES, course=COURSE)
    await socket.send(id="two", type="complete")
    await server.followed_by(1)

    assert await percent_seen(server, socket) == 0.45


async def test_a_query_that_is_completed_is_stopped(
    server: LiveServer, socket: GraphQLSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def endless(*_: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    monkeypatch.setattr("schema.query.look_ahead", endless)
    async with asyncio.timeout(10):
        await socket.subscribe("one", PERCENT, course=COURSE, learner="1")
        await begun.wait()
        await socket.send(id="one", type="complete")
        await stopped.wait()


async def test_extensions_reach_the_execution(
    server: LiveServer, socket: GraphQLSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    class Spy(schema.execution_context_class):  # type: ignore[name-defined, misc]
        @classmethod
        def build(cls, *args: Any, **asked: Any) -> Any:  # noqa: ANN401
            seen.append(asked["operation_extensions"])
            return super().build(*args, **asked)

    monkeypatch.setattr(schema, "execution_context_class", Spy)
    payload = {"query": "{ __typename }", "extensions": {"trace": {"id": 7}}}
    await socket.send(id="one", type="subscribe", payload=payload)
    await socket.next("one")

    assert seen == [{"trace": {"id": 7}}]
