"""Nothing is measured while servers answer differently."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench.answers import AnswersDiffer, require_equal_answers
from bench.target import Target
from bench.workloads import WORKLOADS

pytestmark = pytest.mark.slow  # each test starts servers

Answer = Callable[[Any], Mapping[str, object]]


def test_equal_answers_are_let_pass_however_a_moment_is_written() -> None:
    with asked(
        lambda _: {"data": {"at": "2026-01-31T12:00:00.5Z"}},
        lambda _: {"data": {"at": "2026-01-31T12:00:00.500000+00:00"}},
    ) as targets:
        require_equal_answers(targets, WORKLOADS["W1"])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"data": {"percent": 0.5, "at": "2026-01-31T12:00:01Z"}}, id="moment"),
        pytest.param({"data": {"percent": 0.51, "at": "2026-01-31T12:00:00Z"}}, id="number"),
        pytest.param({"data": {"at": "2026-01-31T12:00:00Z"}}, id="missing"),
        pytest.param({"data": None, "errors": [{"message": "no"}]}, id="errors"),
    ],
)
def test_another_answer_stops_the_bench(other: Mapping[str, object]) -> None:
    first = {"data": {"percent": 0.5, "at": "2026-01-31T12:00:00Z"}}

    with (
        asked(lambda _: first, lambda _: other) as targets,
        pytest.raises(AnswersDiffer, match="server 1 answers W1"),
    ):
        require_equal_answers(targets, WORKLOADS["W1"])


def test_changes_are_equal_when_each_server_counts_the_version_on() -> None:
    book = Gradebook()

    with asked(book.record, book.record) as targets:
        require_equal_answers(targets, WORKLOADS["W5"])

    assert book.version == 4


def test_a_server_that_forgets_to_count_the_version_stops_the_bench() -> None:
    book = Gradebook()

    def forgetful(content: Any) -> Mapping[str, object]:  # noqa: ANN401
        answer = book.record(content)
        book.version -= 1
        return answer

    with (
        asked(book.record, forgetful) as targets,
        pytest.raises(AnswersDiffer, match="server 1 answers W5"),
    ):
        require_equal_answers(targets, WORKLOADS["W5"])


class Gradebook:
    """One grade that servers share."""

    def __init__(self) -> None:
        self.version = 0

    def record(self, content: Any) -> Mapping[str, object]:  # noqa: ANN401
        """Take a score for the grade."""
        self.version += 1
        (score,) = content["variables"]["input"]["scores"]
        grade = {"percent": score["scoreGiven"] / 10, "version": str(self.version)}
        return {"data": {"recordScores": {"results": [{"courseGrade": grade}]}}}


@contextmanager
def asked(*answers: Answer) -> Iterator[list[Target]]:
    """Run servers that answer so, and give them as targets."""
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(answer)) for answer in answers]
        yield [Target(f"server {number}", [], {}, port) for number, port in enumerate(ports)]


@contextmanager
def serving(answer: Answer) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(answer(content)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
