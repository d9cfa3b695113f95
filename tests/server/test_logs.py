"""The log: one line an operation, with nothing in it that is anybody's business."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest

from resolvers.access import Viewer
from server.logs import logs_flushed, set_up_logs
from server.operation_record import Pseudonyms
from tests.factories import COURSE
from tests.server.live_server import (
    CHANGES,
    SECRET,
    LiveServer,
    serving,
    settings_of,
    with_course,
)
from tests.server.server_process import server_process

pytestmark = pytest.mark.slow  # each test starts a server

NAMED = "query Hello($key: CourseKey!) { course(courseKey: $key) { displayName } }"
ASKED = {"query": NAMED, "variables": {"key": COURSE}}


class Lines:
    """What the operations of a server logged."""

    def __init__(self) -> None:
        self.records: list[logging.LogRecord] = []

    async def next(self, number: int = 1) -> dict[str, Any]:
        """Return the fields of one more operation, without what changes from run to run."""
        async with asyncio.timeout(10):
            while len(self.records) < number:
                await asyncio.sleep(0.005)
        fields = dict(vars(self.records.pop(0))["fields"])
        assert fields.pop("duration_ms") > 0
        return fields


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The operations that are logged from now on."""
    found = Lines()
    handler = logging.Handler()
    handler.emit = found.records.append  # type: ignore[method-assign, assignment]
    logger = logging.getLogger("coursegrade.operation")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield found
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(handler)


async def post(server: LiveServer, body: object, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.post(server.graphql, json=body, headers=named)


async def test_a_query_is_one_line(server: LiveServer, lines: Lines) -> None:
    answer = await post(server, ASKED, x_request_id="from.a-proxy_1")

    line = await lines.next()
    assert answer.headers["x-request-id"] == "from.a-proxy_1"
    assert isinstance(line.pop("cost"), int)
    assert line == {
        "request_id": "from.a-proxy_1",
        "transport": "http",
        "viewer": Pseudonyms(None).of(Viewer("development", global_staff=True)),
        "operation_type": "query",
        "operation_name": "Hello",
        "document_sha256": sha256(NAMED.encode()).hexdigest(),
        "outcome": "ok",
    }
    assert lines.records == []


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, 'quo"te', "ünï"])
async def test_a_request_id_that_is_odd_is_replaced(
    server: LiveServer, lines: Lines, given: str
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            server.graphql, json=ASKED, headers={b"x-request-id": given.encode()}
        )

    made = answer.headers["x-request-id"]
    assert (len(made), (await lines.next())["request_id"]) == (32, made)


@pytest.mark.parametrize(
    ("body", "outcome", "codes"),
    [
        ({"query": "{ nothing }"}, "request_error", ["GRAPHQL_VALIDATION_FAILED"]),
        ({"query": "{ nothing"}, "request_error", ["GRAPHQL_PARSE_FAILED"]),
        ({"query": '{ node(id: "x") { id } }'}, "partial", ["INVALID_INPUT"]),
        ([], "request_error", ["BAD_REQUEST"]),
        ({"query": "{" + "a" * 600_000}, "refused", ["CONTENT_TOO_LARGE"]),
    ],
)
async def test_what_goes_wrong_is_told_by_code(
    server: LiveServer, lines: Lines, body: object, outcome: str, codes: list[str]
) -> None:
    await post(server, body)

    line = await lines.next()
    assert (line["outcome"], line["error_codes"]) == (outcome, codes)


async def test_a_bug_is_an_error_with_a_traceback_and_the_request(
    server: LiveServer,
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("schema.query.courses.find_course", broken)
    stream = io.StringIO()
    set_up_logs("info", "json", stream)
    try:
        await post(server, ASKED, x_request_id="r1")
        line = await lines.next()
    finally:
        logging.getLogger().removeHandler(logging.getLogger().handlers[-1])

    assert (line["outcome"], line["error_codes"]) == ("internal", ["INTERNAL_ERROR"])
    bug, operation = (json.loads(text) for text in stream.getvalue().splitlines())
    assert (bug["level"], bug["request_id"]) == ("error", "r1")
    assert bug["exception"].endswith("ZeroDivisionError: secret")
    assert (operation["level"], operation["outcome"]) == ("error", "internal")


async def never(*_: object) -> None:
    await asyncio.Event().wait()


async def test_what_takes_too_long_is_a_timeout(
    database_url: str, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.query.courses.find_course", never)
    async with serving(settings_of(database_url, operation_timeout=0.1)) as server:
        await post(server, ASKED)

    record = lines.records[0]
    line = await lines.next()
    assert (line["outcome"], line["error_codes"], record.levelname) == (
        *("timeout", ["TIMEOUT"], "WARNING"),
    )


async def test_an_operation_whose_client_leaves_is_cancelled(
    server: LiveServer, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def begin(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("schema.query.courses.find_course", begin)
    asking = asyncio.create_task(post(server, ASKED))
    await begun.wait()
    asking.cancel()

    line = await lines.next()
    assert (line["outcome"], "error_codes" in line) == ("cancelled", False)


async def test_a_query_that_a_socket_takes_back_is_cancelled(
    server: LiveServer, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def begin(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("schema.query.courses.find_course", begin)
    async with server.opened() as opened:
        await opened.subscribe("a", NAMED, key=COURSE)
        await begun.wait()
        await opened.send(id="a", type="complete")
        line = await lines.next()

    assert line["outcome"] == "cancelled"


async def test_operations_on_a_socket_share_its_id(server: LiveServer, lines: Lines) -> None:
    async with server.opened(headers={"X-Request-ID": "socket"}) as opened:
        for name in ("a", "b"):
            await opened.subscribe(name, "{ __typename }")
            await opened.next(name)
            assert await opened.receive() == {"id": name, "type": "complete"}
        found = [await lines.next(), await lines.next()]

    assert [one["request_id"] for one in found] == ["socket-1", "socket-2"]


async def test_what_a_socket_refuses_is_one_line(database_url: str, lines: Lines) -> None:
    async with serving(settings_of(database_url, socket_subscriptions=1)) as server:
        await with_course()
        async with server.opened() as opened:
            await opened.subscribe("a", CHANGES, course=COURSE)
            await opened.subscribe("b", CHANGES, course=COURSE)
            await opened.refusal("b")
            line = await lines.next()

    assert (line["outcome"], line["error_codes"]) == ("refused", ["TOO_MANY_SUBSCRIPTIONS"])


async def test_who_is_not_let_in_is_refused(database_url: str, lines: Lines) -> None:
    async with serving(settings_of(database_url, development=False, jwt_secret=SECRET)) as server:
        await post(server, ASKED, authorization="Bearer forged")

    line = await lines.next()
    assert (line["outcome"], line["error_codes"]) == ("refused", ["UNAUTHENTICATED"])


async def test_a_subscription_on_a_socket_is_one_line_at_its_end(
    server: LiveServer, lines: Lines
) -> None:
    async with server.opened() as opened:
        await opened.subscribe("a", CHANGES, course=COURSE)
        await server.followed_by(1)
        await server.record(0.5)
        await server.record(0.75)
        await opened.next("a")
        await opened.next("a")
        await lines.next()
        await lines.next()
        before = list(lines.records)
        await opened.send(id="a", type="complete")
        line = await lines.next()

    assert before == []
    assert line.pop("request_id").endswith("-1")
    assert (line["transport"], line["operation_type"], line["operation_name"]) == (
        *("websocket", "subscription", "Changes"),
    )
    assert (line["events"], line["outcome"]) == (2, "ok")


@pytest.mark.parametrize(
    ("accept", "transport"),
    [
        ("text/event-stream", "sse"),
        ("multipart/mixed;boundary=graphql;subscriptionSpec=1.0", "multipart"),
    ],
)
async def test_a_stream_is_one_line_at_its_end(
    server: LiveServer, lines: Lines, accept: str, transport: str
) -> None:
    body = {"query": CHANGES, "variables": {"course": COURSE}}
    async with httpx.AsyncClient(timeout=10) as client:
        async with client.stream(
            "POST", server.graphql, json=body, headers={"accept": accept}
        ) as response:
            await server.followed_by(1)
            assert lines.records == []
            request_id = response.headers["x-request-id"]
        line = await lines.next()

    assert (line["request_id"], line["transport"], line["events"]) == (request_id, transport, 0)
    assert line["outcome"] == "ok"


async def test_no_line_holds_a_variable_a_document_or_a_name(
    server: LiveServer, lines: Lines
) -> None:
    stream = io.StringIO()
    set_up_logs("info", "json", stream)
    try:
        with logs_flushed():
            await server.record(0.625)
            await server.ask('{ learner(learner: {username: "learner1"}) { username } }')
            await lines.next(2)
    finally:
        logging.getLogger().removeHandler(logging.getLogger().handlers[-1])

    text = stream.getvalue()
    assert text.count("\n") >= 2
    assert [one for one in ("0.625", "learner1", "courseKey", COURSE) if one in text] == []


def test_a_viewer_has_another_pseudonym_under_another_secret() -> None:
    ann = Viewer("ann", global_staff=True)
    one, other = Pseudonyms("a" * 32), Pseudonyms("b" * 32)

    assert one.of(ann) == Pseudonyms("a" * 32).of(ann)
    assert one.of(ann) != other.of(ann)
    assert one.of(ann) != one.of(Viewer("bob", global_staff=True))
    assert one.of(None) is None


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("log_format", "stream", "as_json"),
    [
        ("auto", io.StringIO, True),
        ("auto", _Terminal, False),
        ("json", _Terminal, True),
        ("text", io.StringIO, False),
    ],
)
def test_people_are_written_text_and_programs_json(
    log_format: Any,  # noqa: ANN401
    stream: type[io.StringIO],
    as_json: bool,
) -> None:
    written = stream()
    set_up_logs("info", log_format, written)
    try:
        fields = {"outcome": "refused", "error_codes": ["A", "B"]}
        logging.getLogger("coursegrade.operation").info("operation", extra={"fields": fields})
    finally:
        logging.getLogger().removeHandler(logging.getLogger().handlers[-1])

    if as_json:
        entry = json.loads(written.getvalue())
        assert entry.pop("time").endswith("Z")
        assert entry == {
            "level": "info",
            "logger": "coursegrade.operation",
            "message": "operation",
            **fields,
        }
    else:
        assert written.getvalue().endswith(
            " INFO    coursegrade.operation: operation outcome=refused error_codes=A,B\n"
        )


@pytest.mark.slow
async def test_a_process_writes_nothing_but_json(
    database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with server_process(database_url, log_level="info") as server:
        async with httpx.AsyncClient() as client:
            await client.post(f"http://{server.address}/graphql", json=ASKED)
        await server.ended()

    told = capfd.readouterr()
    entries = [json.loads(line) for line in told.err.splitlines()]
    assert told.out == ""
    assert [one["logger"] for one in entries].count("coursegrade.operation") == 1
    assert "uvicorn.error" in {one["logger"] for one in entries}
