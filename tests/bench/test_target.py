"""How servers are asked: whole HTTP requests, in each one's own words."""

import json

from graphql import parse

from bench.target import FloorTarget, PostGraphileTarget, Target
from bench.workloads import WORKLOADS, variables_of

W1, W3 = WORKLOADS["W1"], WORKLOADS["W3"]


def test_a_request_is_a_whole_http_request_with_the_length_of_its_body() -> None:
    target = Target("a server", [], {}, 8000, headers={"authorization": "Bearer token"})

    (request,) = target.requests(W1, variables_of(W1)[:1])

    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /graphql HTTP/1.1"
    assert {"authorization: Bearer token", f"content-length: {len(body)}"} <= {*lines}
    assert json.loads(body) == {"query": W1.document, "variables": variables_of(W1)[0]}


def test_a_page_is_asked_for_with_the_servers_own_cursor() -> None:
    target = Target("a server", [], {}, 8000, place=lambda name: f"behind {name}")

    first, second = target.requests(W3, variables_of(W3)[:2])

    assert _body(first)["variables"]["after"] is None
    assert _body(second)["variables"]["after"] == "behind learner_000050"


def test_the_floor_is_asked_by_path_and_without_a_document() -> None:
    (request,) = FloorTarget("floor", [], {}, 8000).requests(W1, variables_of(W1)[:1])

    assert request.startswith(b"POST /W1 HTTP/1.1\r\n")
    assert _body(request) == variables_of(W1)[0]


def test_postgraphile_is_asked_for_the_same_response_names() -> None:
    target = PostGraphileTarget("PostGraphile", [], {}, 8000)

    (request,) = target.requests(W3, variables_of(W3)[:1])

    document = str(_body(request)["query"])
    parse(document)  # raises where it is none
    assert "course: courseByKey(courseKey: $course)" in document
    assert "CourseKey!" not in document


def _body(request: bytes) -> dict[str, dict[str, object]]:
    content: dict[str, dict[str, object]] = json.loads(request.partition(b"\r\n\r\n")[2])
    return content
