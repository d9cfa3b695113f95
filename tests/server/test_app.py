"""The application over HTTP: how it is asked, and how it answers who asks in another way."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from db.connection import connected
from server.app import create_app
from server.settings import Settings
from server.trial_tokens import TrialToken, sign
from tests.schema.heat import COURSE_KEY, heat_course
from tests.server.test_http_requests import data_of, refused

SECRET = "a secret of thirty-two characters"
TYPENAME = {"query": "{ __typename }"}
QUERY: dict[str, Any] = {
    "query": "query ($key: CourseKey!) { course(courseKey: $key) { displayName } }",
    "variables": {"key": COURSE_KEY},
}


def client_of(settings: Settings) -> httpx.AsyncClient:
    # As a server does, the transport answers what the application raises with status 500.
    transport = httpx.ASGITransport(create_app(settings), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


@pytest.fixture
async def client(database: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a development server whose database is empty."""
    async with client_of(Settings()) as client:
        yield client


@pytest.fixture
async def guarded(database: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that asks for tokens and has the course."""
    await heat_course()
    async with client_of(Settings(jwt_secret=SECRET)) as client:  # type: ignore[arg-type]
        yield client


async def test_a_query_is_answered_by_post_and_by_get(client: httpx.AsyncClient) -> None:
    await heat_course()

    posted = await client.post("/graphql", json=QUERY)
    got = await client.get(
        "/graphql",
        params={"query": QUERY["query"], "variables": json.dumps(QUERY["variables"])},
    )

    for response in (posted, got):
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert data_of(response) == {"course": {"displayName": "Heat"}}


async def test_a_refusal_is_an_answer(client: httpx.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": '{ node(id: "x") { id } }'})

    assert response.status_code == 200
    body = response.json()
    assert body["data"] == {"node": None}
    assert body["errors"] == [
        {
            "message": "'x' is no id of this service.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["node"],
            "extensions": {"code": "INVALID_INPUT"},
        }
    ]


async def test_who_sends_no_token_is_told_nothing(guarded: httpx.AsyncClient) -> None:
    response = await guarded.post("/graphql", json=QUERY)

    assert (response.status_code, data_of(response)) == (200, {"course": None})


async def test_staff_is_answered(guarded: httpx.AsyncClient) -> None:
    settings = Settings(jwt_secret=SECRET)  # type: ignore[arg-type]
    token = sign(
        settings,
        TrialToken("ada", staff=True),
        now=datetime.now(UTC),
        lifetime=timedelta(minutes=1),
    )

    response = await guarded.post(
        "/graphql", json=QUERY, headers={"Authorization": f"Bearer {token}"}
    )

    assert data_of(response) == {"course": {"displayName": "Heat"}}


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("Bearer x.y.z", "The token is malformed, forged, expired or for others."),
        ("x.y.z", "Send the token as `Authorization: Bearer TOKEN`."),
    ],
)
async def test_a_token_that_does_not_hold_is_refused_in_graphqls_form(
    guarded: httpx.AsyncClient, authorization: str, message: str
) -> None:
    response = await guarded.post("/graphql", json=QUERY, headers={"Authorization": authorization})

    assert response.headers["www-authenticate"] == 'Bearer realm="coursegrade"'
    assert refused(response) == (401, "UNAUTHENTICATED", message)


async def test_in_development_tokens_are_not_read(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/graphql", json=TYPENAME, headers={"Authorization": "Bearer x.y.z"}
    )

    assert data_of(response) == {"__typename": "Query"}


async def test_a_bug_in_the_endpoint_tells_nothing(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the password is sesame")

    monkeypatch.setattr("server.graphql_endpoint.Context.of_request", broken)

    response = await client.post("/graphql", json=TYPENAME)

    message = "Something went wrong on our side. Tell the operator the request id."
    assert refused(response) == (500, "INTERNAL_ERROR", message)
    assert "the password is sesame" in caplog.text
    assert response.headers["x-request-id"] in caplog.text


async def test_the_clock_and_the_freeze_are_those_of_the_settings(database: str) -> None:
    await heat_course()
    query = QUERY | {
        "query": "query ($key: CourseKey!)"
        " { course(courseKey: $key) { gradesFreeze { frozen freezesAt } } }"
    }

    def now() -> datetime:
        return datetime(2026, 7, 3, tzinfo=UTC)

    for days, expected in (
        (2, {"frozen": False, "freezesAt": "2026-07-03T00:00:00Z"}),
        (1, {"frozen": True, "freezesAt": "2026-07-02T00:00:00Z"}),
        (None, {"frozen": False, "freezesAt": None}),
    ):
        transport = httpx.ASGITransport(create_app(Settings(freeze_days=days), now=now))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            response = await client.post("/graphql", json=query)

        assert data_of(response) == {"course": {"gradesFreeze": expected}}


async def test_the_database_is_open_for_as_long_as_the_application_serves(
    database_url: str,
) -> None:
    app = create_app(Settings(database_url=database_url))  # type: ignore[arg-type]

    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        assert (await client.get("/readyz")).text == "ready\n"

    async with connected(database_url):
        pass  # it was closed, or this would be refused
