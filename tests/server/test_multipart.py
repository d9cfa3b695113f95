"""Subscriptions over multipart responses, as Apollo Client asks for them."""

import json
from typing import Any

import httpx
import pytest

from tests.factories import COURSE
from tests.server.live_server import CHANGES, LiveServer
from tests.server.test_http_requests import data_of
from tests.server.test_sse import streamed

pytestmark = pytest.mark.slow

APOLLO = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
ONLY_PARTS = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0"
QUOTED = 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0", application/json'


async def payloads(response: httpx.Response, count: int) -> list[dict[str, Any]]:
    """Read until there are so many parts that are no heartbeats."""
    text, found = "", list[dict[str, Any]]()
    async for piece in response.aiter_text():
        text += piece
        parts = [part for part in text.split("\r\n--graphql")[:-1] if part]
        bodies = [json.loads(part.split("\r\n\r\n", 1)[1]) for part in parts]
        found = [body for body in bodies if body]
        if len(found) >= count:
            break
    return found


@pytest.mark.parametrize("accept", [APOLLO, QUOTED])
async def test_a_change_reaches_a_subscriber_at_once(server: LiveServer, accept: str) -> None:
    async with streamed(server, CHANGES, {"course": COURSE}, accept=accept) as response:
        await server.followed_by(1)
        await server.record(0.75)
        (body,) = await payloads(response, 1)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("multipart/mixed;boundary=graphql")
    changed = body["payload"]["data"]["courseGradeChanged"]
    assert (changed["before"], changed["after"]) == (None, {"percent": 0.45})


async def test_what_cannot_be_run_is_told_and_the_response_ends(server: LiveServer) -> None:
    variables = {"course": "course-v1:No+Such+Course"}
    async with streamed(server, CHANGES, variables, accept=APOLLO) as response:
        await response.aread()

    assert '"code":"COURSE_NOT_FOUND"' in response.text
    assert response.text.endswith("\r\n--graphql--\r\n")


async def test_only_subscriptions_come_in_parts(server: LiveServer) -> None:
    async with streamed(server, "{ __typename }", accept=APOLLO) as response:
        await response.aread()
    async with streamed(server, "{ __typename }", accept=ONLY_PARTS) as refused:
        await refused.aread()

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert data_of(response) == {"__typename": "Query"}
    assert refused.status_code == 406
    assert refused.json()["errors"][0]["message"] == (
        "Only subscriptions are answered in parts: accept application/json as well."
    )


async def test_parts_of_another_specification_are_not_sent(server: LiveServer) -> None:
    accept = "multipart/mixed;deferSpec=20220824, application/json"
    async with streamed(server, "{ __typename }", accept=accept) as response:
        await response.aread()

    assert data_of(response) == {"__typename": "Query"}
