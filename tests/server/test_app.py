"""The application over HTTP: how it is asked, and how it answers who asks in another way."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from db.connection import connected
from server.app import MAX_BODY, create_app
from server.settings import Settings
from server.trial_tokens import TrialToken, sign
from tests.schema.heat import COURSE_KEY, heat_course

SECRET = "a secret of thirty-two characters"
TYPENAME = {"query": "{ __typename }"}
JSON = {"Content-Type": "application/json"}
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


def refusal(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


async def test_a_query_is_answered_by_post_and_by_get(client: httpx.AsyncClient) -> None:
    await heat_course()

    posted = await client.post("/graphql", json=QUERY)
    got = await client.get(
        "/graphql",
        params={"query": QUERY["query"], "variables": json.dumps(QUERY["variables"])},
    )

    for response in (posted, got):
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert response.json() == {"data": {"course": {"displayName": "Heat"}}}


async def test_a_change_is_not_made_by_get(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", params={"query": "mutation { __typename }"})

    assert response.status_code == 400
    assert response.json() == refusal("BAD_REQUEST", "mutations are not allowed when using GET")


async def test_a_refusal_is_an_answer(client: httpx.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": '{ node(id: "x") { id } }'})

    assert response.status_code == 200
    assert response.json() == {
        "data": {"node": None},
        "errors": [
            {
                "message": "'x' is no id of this service.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["node"],
                "extensions": {"code": "INVALID_INPUT"},
            }
        ],
    }


UNREADABLE = "Unable to parse request body as JSON"
NO_QUERY = "No GraphQL query found in the request"
NO_OBJECT = "The request must be a JSON object."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", UNREADABLE),
        (b"{", UNREADABLE),
        (b'\xff\xfe{"query": 1}', UNREADABLE),
        (b"[" * 50_000, UNREADABLE),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', UNREADABLE),
        (b'{"query": "\\ud800"}', UNREADABLE),
        (b"1", NO_OBJECT),
        (b'"{ __typename }"', NO_OBJECT),
        (b"true", NO_OBJECT),
        (b"null", NO_QUERY),
        (b"{}", NO_QUERY),
        (b'{"query": null}', NO_QUERY),
        (b'{"query": ""}', NO_QUERY),
        (b'[{"query": "{ __typename }"}]', "Batching is not enabled"),
        (
            b'{"query": 1}',
            "The GraphQL operation's `query` must be a string or null, if provided.",
        ),
        (
            b'{"query": "{ __typename }", "variables": [1]}',
            "The GraphQL operation's `variables` must be an object or null, if provided.",
        ),
        (
            b'{"query": "{ __typename }", "operationName": "A"}',
            'Unknown operation named "A".',
        ),
    ],
)
async def test_a_malformed_request_is_refused_in_graphqls_form(
    client: httpx.AsyncClient, body: bytes, message: str
) -> None:
    response = await client.post("/graphql", content=body, headers=JSON)

    assert response.status_code == 400
    assert response.json() == refusal("BAD_REQUEST", message)


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "text/plain",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "json",
        "Application/JSON",
    ],
)
async def test_what_is_not_json_is_refused(
    client: httpx.AsyncClient, media_type: str | None
) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}

    response = await client.post("/graphql", content=json.dumps(TYPENAME), headers=headers)

    assert response.status_code == 415
    assert response.json() == refusal(
        "UNSUPPORTED_MEDIA_TYPE", "Send the request as application/json."
    )


async def test_an_upload_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/graphql", data={"operations": json.dumps(TYPENAME)}, files={"0": b"file"}
    )

    assert response.status_code == 415


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8"])
async def test_json_is_taken_however_it_is_named(
    client: httpx.AsyncClient, media_type: str
) -> None:
    response = await client.post(
        "/graphql", content=json.dumps(TYPENAME), headers={"Content-Type": media_type}
    )

    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", json=TYPENAME)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert response.json() == refusal(
        "METHOD_NOT_ALLOWED", "GraphQL only supports GET and POST requests."
    )


def padded(size: int) -> bytes:
    body = json.dumps(TYPENAME).encode()
    return body + b" " * (size - len(body))


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 30_000):
        yield body[start : start + 30_000]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413)])
async def test_a_body_of_more_than_a_hundred_kilobytes_is_refused(
    client: httpx.AsyncClient, size: int, status: int, chunked: bool
) -> None:
    body = padded(size)

    response = await client.post(
        "/graphql", content=in_pieces(body) if chunked else body, headers=JSON
    )

    assert MAX_BODY == 100_000
    assert response.status_code == status


async def test_graphql_has_no_page_of_its_own(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", headers={"Accept": "text/html"})

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"


async def test_who_sends_no_token_is_told_nothing(guarded: httpx.AsyncClient) -> None:
    response = await guarded.post("/graphql", json=QUERY)

    assert (response.status_code, response.json()) == (200, {"data": {"course": None}})


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

    assert response.json() == {"data": {"course": {"displayName": "Heat"}}}


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

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="coursegrade"'
    assert response.json() == refusal("UNAUTHENTICATED", message)


async def test_in_development_tokens_are_not_read(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/graphql", json=TYPENAME, headers={"Authorization": "Bearer x.y.z"}
    )

    assert response.json() == {"data": {"__typename": "Query"}}


async def test_a_bug_in_the_endpoint_tells_nothing(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the password is sesame")

    monkeypatch.setattr("server.graphql_endpoint.Context", broken)

    response = await client.post("/graphql", json=TYPENAME)

    assert (response.status_code, response.text) == (500, "Internal Server Error")


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

        assert response.json() == {"data": {"course": {"gradesFreeze": expected}}}


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
