"""What a request over HTTP is answered in: the media type, and with it the status."""

import httpx
import pytest

from tests.server.test_http_requests import data_of

pytestmark = pytest.mark.slow

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
SSE = "text/event-stream"
PARTS = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0"

TYPENAME = "{ __typename }"
COUNT = """
query ($n: Int!) {
  course(courseKey: "course-v1:A+B+C") { gradebook(first: $n) { totalCount } }
}
"""
MISSING = 'subscription A { gradeEvents(courseKey: "course-v1:No+Such+Course") { id } }'


def asked(url: str, query: str, accept: str | None, **more: object) -> httpx.Response:
    with httpx.Client() as client:
        if accept is None:
            del client.headers["accept"]
        else:
            client.headers["accept"] = accept
        return client.post(f"{url}/graphql", json={"query": query, **more})


def media_type(response: httpx.Response) -> str:
    return response.headers["content-type"].partition(";")[0]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("Application/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        ('application/json; charset="UTF-8"', JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        # The first of those liked alike, whatever else is named before it.
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"text/html, {GRAPHQL}, */*", GRAPHQL),
        # The best liked.
        (f"{JSON};q=0.9, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.8, {JSON};q=0.9", JSON),
        (f"{GRAPHQL}; Q=0.2, {JSON};q=0.199", GRAPHQL),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        # What is said of one type counts more than what is said of all.
        (f"*/*, {JSON};q=0", GRAPHQL),
        (f"*/*;q=0.9, {JSON};q=0.1", GRAPHQL),
        (f"application/*;q=0.3, {JSON};q=0.2, */*;q=0.9", GRAPHQL),
        # A quality that is none counts as the worst.
        (f"{JSON};q=2, {GRAPHQL};q=0.1", GRAPHQL),
        (f"{JSON};q=-1, {GRAPHQL};q=0.1", GRAPHQL),
        (f"{JSON};q=nan, {GRAPHQL};q=0.1", GRAPHQL),
        (f"{JSON};charset=latin-1, {GRAPHQL};q=0.1", GRAPHQL),
        ('application/json;profile="a,b;c"', JSON),
        (f"{PARTS}, {JSON};q=0.5", JSON),
        (f"{SSE};q=0.5, {JSON};q=0.6", JSON),
        (f"{SSE}, {JSON}", SSE),
        (f"{JSON};q=0.5, {SSE}", SSE),
    ],
)
def test_a_client_gets_what_it_likes_best(
    live_server: str, accept: str | None, expected: str
) -> None:
    response = asked(live_server, TYPENAME, accept)

    assert response.status_code == 200
    assert media_type(response) == expected
    if expected != SSE:
        assert response.headers["content-type"] == f"{expected}; charset=utf-8"
        assert data_of(response) == {"__typename": "Query"}


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml, text/*",
        "*/*;q=0",
        f"{JSON};q=0, {GRAPHQL};q=0.000",
        f"{SSE};q=x",
        f"{JSON};charset=utf-16",
        "multipart/mixed;deferSpec=20220824",
        "json",
        ";q=1",
    ],
)
def test_who_accepts_nothing_that_there_is_is_told_so_as_json(
    live_server: str, accept: str
) -> None:
    response = asked(live_server, TYPENAME, accept)

    assert response.status_code == 406
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    (error,) = response.json()["errors"]
    assert error == {
        "message": f"Accept {JSON}, {GRAPHQL}, or a stream.",
        "extensions": {
            "code": "NOT_ACCEPTABLE",
            "requestId": response.headers["x-request-id"],
        },
    }


def test_two_accept_headers_are_one(live_server: str) -> None:
    response = httpx.post(
        f"{live_server}/graphql",
        json={"query": TYPENAME},
        headers=[("Accept", f"{JSON};q=0.5"), ("Accept", GRAPHQL)],
    )

    assert media_type(response) == GRAPHQL


@pytest.mark.parametrize(
    ("query", "more", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($id: ID!) { node(id: $id) { id } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        (COUNT, {"variables": {"n": "many"}}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_what_is_not_run_has_no_data_and_the_status_of_its_media_type(
    live_server: str, query: str, more: dict[str, object], code: str
) -> None:
    for accept, status in ((JSON, 200), (GRAPHQL, 400)):
        response = asked(live_server, query, accept, **more)

        assert response.status_code == status
        assert media_type(response) == accept
        assert "data" not in response.json()
        assert response.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_what_is_run_is_a_success_even_where_fields_failed(live_server: str, accept: str) -> None:
    response = asked(live_server, '{ node(id: "x") { id } }', accept)

    assert response.status_code == 200
    assert response.json()["data"] == {"node": None}
    assert response.json()["errors"][0]["extensions"] == {"code": "INVALID_INPUT"}


@pytest.mark.parametrize("operation_name", ["", None])
def test_an_empty_operation_name_is_none(live_server: str, operation_name: str | None) -> None:
    response = asked(live_server, "query A { __typename }", GRAPHQL, operationName=operation_name)

    assert data_of(response) == {"__typename": "Query"}


def test_one_of_several_operations_is_run_by_its_name(live_server: str) -> None:
    both = "query A { a: __typename } query B { b: __typename }"

    response = asked(live_server, both, GRAPHQL, operationName="B")

    assert data_of(response) == {"b": "Query"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, SSE])
def test_which_of_several_operations_is_meant_must_be_said(live_server: str, accept: str) -> None:
    for both in (f"{MISSING} query B {{ __typename }}", f"query B {{ __typename }} {MISSING}"):
        response = asked(live_server, both, accept)

        assert '"data"' not in response.text
        assert "The document has several operations: send operationName with it." in response.text


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "*/*"])
def test_a_subscription_needs_a_stream(live_server: str, accept: str) -> None:
    response = asked(live_server, MISSING, accept)

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["message"] == (
        "A subscription needs a WebSocket (graphql-transport-ws), or a request that accepts "
        "text/event-stream."
    )
    assert error["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (SSE, SSE),
        (PARTS, "multipart/mixed"),
        # JSON cannot carry it: the next best can.
        (f"{JSON}, {SSE}", SSE),
        (f"{GRAPHQL}, {PARTS};q=0.5, {SSE};q=0.4", "multipart/mixed"),
    ],
)
def test_a_subscription_gets_the_stream_that_the_client_likes_best(
    live_server: str, accept: str, expected: str
) -> None:
    response = asked(live_server, MISSING, accept)

    assert response.status_code == 200
    assert media_type(response) == expected
    assert '"code":"COURSE_NOT_FOUND"' in response.text


@pytest.mark.parametrize(
    ("accept", "vary", "caching"),
    [
        (JSON, "Accept, Authorization", "private, no-cache"),
        (SSE, "Accept", "no-cache, no-transform"),
        ("text/html", "Accept", "no-store"),
    ],
)
def test_no_answer_is_kept_by_shared_caches_or_guessed_at(
    live_server: str, accept: str, vary: str, caching: str
) -> None:
    response = asked(live_server, TYPENAME, accept)

    assert response.headers["vary"] == vary
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == caching
    assert len(response.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("given", "taken"),
    [("trace-7.a_B", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("é", False)],
)
def test_the_id_that_a_proxy_gave_is_given_back(live_server: str, given: str, taken: bool) -> None:
    response = httpx.get(
        f"{live_server}/graphql",
        params={"query": TYPENAME},
        headers=[(b"X-Request-ID", given.encode())],
    )

    assert (response.headers["x-request-id"] == given) is taken
