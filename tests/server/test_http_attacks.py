"""What scanners of GraphQL servers try over HTTP, and what they find here."""

import json

import httpx
import pytest

from tests.server.test_http_requests import refused

pytestmark = pytest.mark.slow

PATHS = ("/graphql", "/graphiql", "/playground", "/console", "/graphql/console", "/altair")
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_no_address_of_graphql_is_a_page(live_server: str, accept: str) -> None:
    for path in PATHS:
        response = httpx.get(live_server + path, headers={"Accept": accept})

        assert response.status_code in {400, 404, 406}
        assert "html" not in response.headers["content-type"]


def test_a_batch_is_not_run(live_server: str) -> None:
    batch = [{"query": "{ __typename }"}] * 10

    response = httpx.post(f"{live_server}/graphql", json=batch)

    message = "Several operations in a request are not taken: send one."
    assert refused(response) == (400, "BAD_REQUEST", message)


def test_a_form_of_another_site_changes_nothing(live_server: str) -> None:
    answers = [
        httpx.post(f"{live_server}/graphql", data={"query": "mutation { __typename }"}),
        httpx.post(f"{live_server}/graphql", params={"query": "{ __typename }"}),
        httpx.post(
            f"{live_server}/graphql",
            content='{"query": "{ __typename }"}',
            headers={"Content-Type": "text/plain"},
        ),
        httpx.get(
            f"{live_server}/graphql",
            params={"query": "mutation { __typename }"},
            headers={"Content-Type": FORM},
        ),
    ]

    assert [answer.status_code for answer in answers] == [415, 415, 415, 405]


def test_no_answer_holds_a_trace_of_its_execution(live_server: str) -> None:
    response = httpx.post(
        f"{live_server}/graphql",
        json={"query": "{ __typename }", "extensions": {"tracing": True}},
        headers={"X-Apollo-Tracing": "1"},
    )

    assert "tracing" not in response.json().get("extensions", {})


@pytest.mark.parametrize(
    "request_",
    [
        {"query": "{"},
        {"query": "query { __typename @nothing }"},
        {"query": "query ($a: Nothing) { __typename }"},
        {"query": '{ node(id: "%00") { id } }'},
        {"query": "\x00"},
        {"query": "{ __typename }", "variables": {"a": "\x00"}},
        {"query": "{ __typename }", "operationName": "../../etc/passwd"},
    ],
)
def test_no_error_tells_of_the_servers_inside(
    live_server: str, request_: dict[str, object]
) -> None:
    response = httpx.post(f"{live_server}/graphql", json=request_)

    assert response.status_code < 500
    for error in response.json().get("errors", []):
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert set(error["extensions"]) <= {"code", "requestId"}
    for word in ("traceback", "stacktrace", "exception", ".py", "graphql-core"):
        assert word not in response.text.lower()


def test_no_header_tells_what_the_server_is_made_of(live_server: str) -> None:
    response = httpx.post(f"{live_server}/graphql", json={"query": "{ __typename }"})

    assert not {"server", "x-powered-by"} & set(response.headers)


def test_what_is_sent_does_not_come_back_as_a_page(live_server: str) -> None:
    script = "<script>alert(1)</script>"

    response = httpx.get(f"{live_server}/graphql", params={"query": script})

    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert json.loads(response.text)["errors"]
