"""Requests over HTTP that are odd, and what each of them is told."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow

TYPENAME = {"query": "{ __typename }"}
TYPE = {"__typename": "Query"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(live_server: str) -> Iterator[httpx.Client]:
    """A client of the product as it is started by a person."""
    with httpx.Client(base_url=live_server) as client:
        yield client


def refused(response: httpx.Response) -> tuple[int, str, str]:
    """Return status, code and message of a refusal, which has the form of all refusals."""
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    body = response.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert set(error) == {"message", "extensions"}
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    return response.status_code, error["extensions"]["code"], error["message"]


def data_of(response: httpx.Response) -> Any:  # noqa: ANN401
    """Return the data of an answer that has no errors."""
    body = response.json()
    assert "errors" not in body, body
    return body["data"]


UNREADABLE = "The body cannot be read as JSON in UTF-8."
NO_OBJECT = "The request must be a JSON object."
NO_QUERY = "Send the document as query."
DEEP = "There are more than 100 levels of nesting in the body."


def nested(depth: int) -> bytes:
    """Return a good request that is nested so deep, in something that nobody reads."""
    inner = depth - 1
    return b'{"query": "{ __typename }", "unknown": %b%b}' % (b"[" * inner, b"]" * inner)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", UNREADABLE),
        (b" ", UNREADABLE),
        (b"{", UNREADABLE),
        (b'{"query": "{ __typename }"} x', UNREADABLE),
        (b"{'query': '{ __typename }'}", UNREADABLE),
        (b"query=%7B__typename%7D", UNREADABLE),
        (b'\xff\xfe{"query": 1}', UNREADABLE),
        (b'\xef\xbb\xbf{"query": "{ __typename }"}', UNREADABLE),
        ('{"query": "{ __typename }"}'.encode("utf-16"), UNREADABLE),
        (b'{"query": "\xe9"}', UNREADABLE),
        (b'{"query": "\\ud800"}', UNREADABLE),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', UNREADABLE),
        (b'{"query": "{ __typename }", "variables": {"a": -Infinity}}', UNREADABLE),
        (b"[" * 50_000, UNREADABLE),
        (b"[" * 50_000 + b"]" * 49_999, UNREADABLE),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, UNREADABLE),
        (b"[" * 101 + b"]" * 101, DEEP),
        (nested(101), DEEP),
        (b"null", NO_OBJECT),
        (b"1", NO_OBJECT),
        (b"-1.5e3", NO_OBJECT),
        (b"true", NO_OBJECT),
        (b'"{ __typename }"', NO_OBJECT),
        (b"[]", "Several operations in a request are not taken: send one."),
        (
            b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
            "Several operations in a request are not taken: send one.",
        ),
        (b"{}", NO_QUERY),
        (b'{"query": null}', NO_QUERY),
        (b'{"query": ""}', NO_QUERY),
        (b'{"Query": "{ __typename }"}', NO_QUERY),
        (b'{"query": 1}', "The query must be text."),
        (b'{"query": ["{ __typename }"]}', "The query must be text."),
        (b'{"query": "{ __typename }", "operationName": 1}', "The operationName must be text."),
        (b'{"query": "{ __typename }", "operationName": {}}', "The operationName must be text."),
        (
            b'{"query": "{ __typename }", "variables": [1]}',
            "The variables must be a JSON object.",
        ),
        (
            b'{"query": "{ __typename }", "variables": "{}"}',
            "The variables must be a JSON object.",
        ),
        (
            b'{"query": "{ __typename }", "extensions": false}',
            "The extensions must be a JSON object.",
        ),
        (
            b'{"query": "{ __typename }", "operationName": "A"}',
            'Unknown operation named "A".',
        ),
    ],
)
def test_a_malformed_body_is_refused(client: httpx.Client, body: bytes, message: str) -> None:
    response = client.post("/graphql", content=body, headers=JSON)

    assert refused(response) == (400, "BAD_REQUEST", message)


@pytest.mark.parametrize(
    "body",
    [
        b' \n{"query": "{ __typename }"}\r\n',
        b'{"query": "{ nothing }", "query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": {"a": 1, "a": 2}, "variables": null}',
        b'{"query": "{ __typename }", "unknown": [1, {"a": null}], "id": 1}',
        b'{"query": "{ __typename }", "variables": {"a": 1e300, "b": 123456789012345678901234}}',
        b'{"\\u0071uery": "{ __typename }"}',
        nested(100),
    ],
)
def test_an_unusual_body_is_taken(client: httpx.Client, body: bytes) -> None:
    response = client.post("/graphql", content=body, headers=JSON)

    assert (response.status_code, data_of(response)) == (200, TYPE)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, NO_QUERY),
        ({"query": ""}, NO_QUERY),
        (
            {"query": "{ __typename }", "variables": "{"},
            "The variables cannot be read as JSON in UTF-8.",
        ),
        (
            {"query": "{ __typename }", "variables": "[1]"},
            "The variables must be a JSON object.",
        ),
        (
            {"query": "{ __typename }", "extensions": "1"},
            "The extensions must be a JSON object.",
        ),
        (
            {"query": "{ __typename }", "extensions": "[" * 101 + "]" * 101},
            "There are more than 100 levels of nesting in the extensions.",
        ),
        ({"query": "{ __typename }", "operationName": "A"}, 'Unknown operation named "A".'),
    ],
)
def test_a_malformed_address_is_refused(
    client: httpx.Client, parameters: dict[str, str], message: str
) -> None:
    response = client.get("/graphql", params=parameters)

    assert refused(response) == (400, "BAD_REQUEST", message)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"operationName": ""},
        {"variables": ""},
        {"variables": "null"},
        {"variables": '{"a": 1}', "extensions": '{"b": {}}'},
        {"unknown": "x"},
    ],
)
def test_a_query_is_answered_by_get(client: httpx.Client, more: dict[str, str]) -> None:
    response = client.get("/graphql", params={"query": "{ __typename }", **more})

    assert (response.status_code, data_of(response)) == (200, TYPE)


def test_variables_come_by_get(client: httpx.Client) -> None:
    response = client.get(
        "/graphql",
        params={
            "query": "query ($name: String!) { __type(name: $name) { name } }",
            "variables": '{"name": "Query"}',
        },
    )

    assert data_of(response) == {"__type": {"name": "Query"}}


def test_a_document_that_is_not_utf_8_in_the_address_is_not_run(client: httpx.Client) -> None:
    response = client.get("/graphql?query=%ff%fe")

    assert response.json()["errors"][0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_change_is_not_made_by_get(client: httpx.Client, accept: str) -> None:
    response = client.get(
        "/graphql", params={"query": "mutation { __typename }"}, headers={"Accept": accept}
    )

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    (error,) = response.json()["errors"]
    assert error["message"] == "A mutation is sent by POST."
    assert error["extensions"]["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/graphql", json=TYPENAME)

    assert refused(response) == (405, "METHOD_NOT_ALLOWED", "GraphQL takes GET and POST.")
    assert response.headers["allow"] == "GET, POST"


def test_a_head_request_is_refused_without_a_body(client: httpx.Client) -> None:
    response = client.head("/graphql", params=TYPENAME)

    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json ; Charset=Utf-8",
        "application/json; profile=x",
    ],
)
def test_json_is_taken_however_it_is_spelled(client: httpx.Client, media_type: str) -> None:
    response = client.post(
        "/graphql", content=json.dumps(TYPENAME), headers={"Content-Type": media_type}
    )

    assert (response.status_code, data_of(response)) == (200, TYPE)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Content-Type", "")],
        [("Content-Type", "text/plain")],
        [("Content-Type", "json")],
        [("Content-Type", "application/jsonp")],
        [("Content-Type", "application/json, text/plain")],
        [("Content-Type", "application/graphql")],
        [("Content-Type", "application/graphql-response+json")],
        [("Content-Type", "application/x-www-form-urlencoded")],
        [("Content-Type", "application/json; charset=latin-1")],
        [("Content-Type", "application/json; charset=utf-16")],
        [("Content-Type", "application/json"), ("Content-Type", "text/plain")],
    ],
)
def test_what_is_not_json_is_refused(client: httpx.Client, headers: list[tuple[str, str]]) -> None:
    response = client.post("/graphql", content=json.dumps(TYPENAME).encode(), headers=headers)

    message = "Send the request as application/json, in UTF-8."
    assert refused(response) == (415, "UNSUPPORTED_MEDIA_TYPE", message)
    assert response.headers["accept-post"] == "application/json"


def test_an_upload_is_refused(client: httpx.Client) -> None:
    response = client.post(
        "/graphql", data={"operations": json.dumps(TYPENAME)}, files={"0": b"file"}
    )

    assert refused(response)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_compressed_body_is_refused(client: httpx.Client) -> None:
    response = client.post(
        "/graphql", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": "gzip"}
    )

    message = "Send the request without a Content-Encoding."
    assert refused(response) == (415, "UNSUPPORTED_MEDIA_TYPE", message)


CROSS_SITE = "A page of another site may not send a GET request without the header "


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_another_sites_page_cannot_ask_by_get(client: httpx.Client, site: str, accept: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Accept": accept}

    response = client.get("/graphql", params=TYPENAME, headers=headers)

    assert refused(response) == (
        403,
        "CROSS_SITE_REQUEST",
        CROSS_SITE + "GraphQL-Require-Preflight.",
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "GraphQL-Require-Preflight": "1"},
        {"Sec-Fetch-Site": "cross-site", "Apollo-Require-Preflight": "true"},
        {"Sec-Fetch-Site": "same-site", "X-Apollo-Operation-Name": "A"},
        {"Sec-Fetch-Site": "cross-site", "X-GraphQL-Yoga-CSRF": "1"},
    ],
)
def test_whoever_else_can(client: httpx.Client, headers: dict[str, str]) -> None:
    response = client.get("/graphql", params=TYPENAME, headers=headers)

    assert (response.status_code, data_of(response)) == (200, TYPE)


def test_browsers_are_never_told_that_another_site_may_ask(client: httpx.Client) -> None:
    asked: dict[str, Any] = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    answers = [
        client.options("/graphql", headers=asked),
        client.post("/graphql", json=TYPENAME, headers={"Origin": asked["Origin"]}),
    ]

    for answer in answers:
        assert [name for name in answer.headers if name.startswith("access-control-")] == []
