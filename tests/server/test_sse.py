"""Subscriptions over Server-Sent Events, as graphql-sse's distinct connections."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from server.trial_tokens import TrialToken, sign
from tests.factories import COURSE
from tests.server.live_server import (
    CHANGES,
    SECRET,
    SOON,
    LiveServer,
    serving,
    settings_of,
    with_course,
)
from tests.server.test_http_requests import data_of

pytestmark = pytest.mark.slow

EVENTS = "text/event-stream"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
RECORD_NOTHING = """
mutation {
  recordScores(input: { courseKey: "course-v1:No+Such+Course", scores: [] }) { __typename }
}
"""


@asynccontextmanager
async def streamed(
    server: LiveServer,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    method: str = "POST",
    accept: str = EVENTS,
    token: str | None = None,
) -> AsyncIterator[httpx.Response]:
    """Ask, and give the response while it is still coming."""
    body = {"query": query, "variables": variables or {}}
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
    async with httpx.AsyncClient(timeout=SOON) as client:
        if method == "GET":
            params = {"query": query, "variables": json.dumps(variables or {})}
            asking = client.stream("GET", server.graphql, params=params, headers=headers)
        else:
            asking = client.stream("POST", server.graphql, json=body, headers=headers)
        async with asking as response:
            yield response


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Yield the name and the data of each event; comments come with the name of none."""
    text = ""
    async for piece in response.aiter_text():
        text += piece
        while "\n\n" in text:
            block, text = text.split("\n\n", 1)
            assert "\r" not in block
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            data = fields.get("data")
            yield fields.get("event", ""), json.loads(data) if data else None
    assert text == ""


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_change_reaches_a_subscriber_at_once(server: LiveServer, method: str) -> None:
    async with streamed(server, CHANGES, {"course": COURSE}, method=method) as response:
        await server.followed_by(1)
        await server.record(0.75)
        name, body = await anext(events(response))

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert name == "next"
    assert body["data"]["courseGradeChanged"]["after"] == {"percent": 0.45}


async def test_whoever_leaves_is_followed_by_nobody(server: LiveServer) -> None:
    async with streamed(server, CHANGES, {"course": COURSE}):
        await server.followed_by(1)

    await server.followed_by(0)


async def test_whoever_comes_back_with_the_last_cursor_gets_what_was_missed(
    server: LiveServer,
) -> None:
    last = await server.cursor()
    for earned in (0.25, 0.5):
        await server.record(earned)

    async with streamed(server, CHANGES, {"course": COURSE, "after": last}) as response:
        missed = events(response)
        seen = [await anext(missed), await anext(missed)]

    percents = [body["data"]["courseGradeChanged"]["after"]["percent"] for _, body in seen]
    assert percents == [0.15, 0.3]


async def test_a_query_is_one_event(server: LiveServer) -> None:
    async with streamed(server, "{ __typename }") as response:
        seen = [event async for event in events(response)]

    (name, body), end = seen
    assert (name, body["data"], end) == ("next", {"__typename": "Query"}, ("complete", None))


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("subscription {", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        (CHANGES, {"course": "course-v1:No+Such+Course"}, "COURSE_NOT_FOUND"),
        (CHANGES, {"course": COURSE, "after": "nonsense"}, "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_run_is_told_in_one_event(
    server: LiveServer, query: str, variables: dict[str, str], code: str
) -> None:
    async with streamed(server, query, variables) as response:
        (name, body), last = [event async for event in events(response)]

    assert (name, last) == ("next", ("complete", None))
    assert [error["extensions"] for error in body["errors"]] == [{"code": code}]
    assert "data" not in body


async def test_a_get_request_changes_nothing(server: LiveServer) -> None:
    async with streamed(server, RECORD_NOTHING, method="GET") as response:
        await response.aread()

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert [error["message"] for error in response.json()["errors"]] == [
        "A mutation is sent by POST."
    ]


@pytest.mark.parametrize(
    "accept",
    [
        URQL,
        "application/json, text/event-stream",
        "text/event-stream;q=0.5, application/json;q=0.6",
        "*/*",
        'application/json;profile="a,text/event-stream"',
        "",
    ],
)
async def test_whoever_would_rather_have_json_gets_json(server: LiveServer, accept: str) -> None:
    async with streamed(server, "{ __typename }", accept=accept) as response:
        await response.aread()

    assert response.headers["content-type"].startswith("application/")
    assert data_of(response) == {"__typename": "Query"}


@pytest.mark.parametrize(
    "accept", [EVENTS, "text/event-stream, multipart/mixed", "application/json;q=0.9, " + EVENTS]
)
async def test_whoever_would_rather_have_a_stream_gets_one(server: LiveServer, accept: str) -> None:
    async with streamed(server, "{ __typename }", accept=accept) as response:
        assert response.headers["content-type"] == "text/event-stream"


async def test_a_subscription_without_a_stream_is_told_how_it_could_be_sent(
    server: LiveServer,
) -> None:
    async with streamed(server, CHANGES, {"course": COURSE}, accept="*/*") as response:
        await response.aread()

    (error,) = response.json()["errors"]
    assert response.status_code == 400
    assert "text/event-stream" in error["message"]


async def test_an_operation_name_that_is_none_is_refused(server: LiveServer) -> None:
    async with httpx.AsyncClient() as client:
        body = {"query": CHANGES, "operationName": ["Changes"]}
        answers = [
            await client.post(server.graphql, json=body, headers={"Accept": accept})
            for accept in (EVENTS, "application/json")
        ]

    assert [answer.status_code for answer in answers] == [400, 400]


async def test_an_idle_stream_shows_that_it_is_alive(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.streaming.HEARTBEAT", 0.01)
    async with streamed(server, CHANGES, {"course": COURSE}) as response:
        pieces = response.aiter_text()
        alive = [await anext(pieces)]
        await server.record(0.75)
        while "event: next" not in "".join(alive):
            alive.append(await anext(pieces))

    assert alive[0].startswith(": ping\n\n")


async def test_a_token_is_asked_for_before_the_stream_and_the_stream_ends_with_it(
    database_url: str,
) -> None:
    settings = settings_of(database_url, development=False, jwt_secret=SECRET)
    ending = sign(
        settings,
        TrialToken("ada", staff=True),
        now=datetime.now(UTC),
        lifetime=timedelta(seconds=-26),
    )
    async with serving(settings) as server:
        await with_course()
        async with streamed(server, CHANGES, {"course": COURSE}, token="nonsense") as refused:
            await refused.aread()
        async with streamed(server, CHANGES, {"course": COURSE}, token=ending) as response:
            seen = [event async for event in events(response)]

    assert refused.status_code == 401
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert seen == [("complete", None)]
