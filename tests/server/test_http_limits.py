"""How much a client may ask of the server at once, and what happens beyond it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.factories import COURSE, NOW, problem_key
from tests.server.live_server import (
    CHANGES,
    RECORD,
    SOON,
    LiveServer,
    serving,
    settings_of,
    with_course,
)
from tests.server.test_http_requests import data_of, refused
from tests.server.test_sse import events, streamed

pytestmark = pytest.mark.slow

TYPENAME = {"query": "{ __typename }"}
TYPE = {"__typename": "Query"}
JSON = {"Content-Type": "application/json"}
NAME = {"query": f'{{ course(courseKey: "{COURSE}") {{ courseKey }} }}'}
NAMES = """
subscription ($course: CourseKey!) {
  courseGradeChanged(courseKey: $course) { learner { userId } }
}
"""
GRADES = """
query ($course: CourseKey!) {
  course(courseKey: $course) { gradebook { nodes { courseGrade { percent } } } }
}
"""
LOOK = "Ask for less; whether a change was made, look before you send it again."


def padded(size: int) -> bytes:
    body = json.dumps(TYPENAME).encode()
    return body + b" " * (size - len(body))


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 30_000):
        yield body[start : start + 30_000]


def client_of(server: LiveServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{server.address}", timeout=SOON)


@asynccontextmanager
async def limited(database_url: str, **limits: object) -> AsyncIterator[LiveServer]:
    """Serve the course with limits of the test's own."""
    async with serving(settings_of(database_url, **limits)) as server:
        await with_course()
        yield server


@dataclass
class Hold:
    """Questions for a course that wait until they are let go."""

    begun: int = 0
    cancelled: int = 0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, *_: object) -> None:
        self.begun += 1
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def reached(self, begun: int = 0, cancelled: int = 0) -> None:
        """Wait until so many have begun, and so many of them were cancelled."""
        async with asyncio.timeout(SOON):
            while (self.begun, self.cancelled) != (begun, cancelled):
                await asyncio.sleep(0.005)


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Hold:
    """What every question for a course waits at."""
    held = Hold()
    monkeypatch.setattr("schema.query.courses.find_course", held)
    return held


# -- Sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [512_000, 512_001, 1_000_000])
async def test_a_body_may_have_half_a_megabyte(
    server: LiveServer, size: int, chunked: bool
) -> None:
    body = padded(size)
    async with client_of(server) as client:
        response = await client.post(
            "/graphql", content=in_pieces(body) if chunked else body, headers=JSON
        )
        after = await client.post("/graphql", json=TYPENAME)

    if size == 512_000:
        assert (response.status_code, data_of(response)) == (200, TYPE)
    else:
        message = "A body may have 512000 bytes."
        assert refused(response) == (413, "CONTENT_TOO_LARGE", message)
    assert data_of(after) == TYPE


@pytest.mark.parametrize("size", [8_000, 8_001, 60_000])
async def test_an_address_may_have_eight_kilobytes(server: LiveServer, size: int) -> None:
    address = "/graphql?query=%7B__typename%7D&padding="
    async with client_of(server) as client:
        response = await client.get(address + "x" * (size - len(address)))

    if size == 8_000:
        assert (response.status_code, data_of(response)) == (200, TYPE)
    else:
        message = "The address may have 8000 bytes: send the request by POST."
        assert refused(response) == (414, "URI_TOO_LONG", message)


async def test_the_sizes_are_settings(database_url: str) -> None:
    async with (
        limited(database_url, max_body=30, max_url=30) as server,
        client_of(server) as client,
    ):
        answers = [
            await client.post("/graphql", json=TYPENAME),
            await client.post("/graphql", content=padded(31), headers=JSON),
            await client.get("/graphql?query={__typename}"),
            await client.get("/graphql?query={__typename}&and=more"),
        ]

    assert [answer.status_code for answer in answers] == [200, 413, 200, 414]


# -- Slow bodies ---------------------------------------------------------------------------------


@dataclass
class RawRequest:
    """A request that is sent as slowly as a test wants."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        """Read the whole answer, until the server closes the connection."""
        async with asyncio.timeout(SOON):
            head, _, body = (await self.reader.read()).partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(status.split()[1]), headers, json.loads(body)


@asynccontextmanager
async def begun(server: LiveServer, body: bytes = b'{"query":') -> AsyncIterator[RawRequest]:
    """Begin to send a request, and leave at the end of the block."""
    host, _, port = server.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        head = (
            "POST /graphql HTTP/1.1\r\nHost: grades\r\nContent-Type: application/json\r\n"
            "Content-Length: 100\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        yield RawRequest(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_body_that_does_not_arrive_is_not_waited_for(database_url: str) -> None:
    async with limited(database_url, body_timeout=0.2) as server, begun(server) as request:
        status, headers, body = await request.answer()

    assert (status, headers["connection"]) == (408, "close")
    (error,) = body["errors"]
    assert error["message"] == "The body did not arrive within 0.2 seconds."
    assert error["extensions"]["code"] == "REQUEST_TIMEOUT"


async def test_slow_bodies_take_no_room_from_others(database_url: str) -> None:
    async with (
        limited(database_url, operations_in_flight=1) as server,
        AsyncExitStack() as stack,
        client_of(server) as client,
    ):
        for _ in range(200):
            await stack.enter_async_context(begun(server))
        response = await client.post("/graphql", json=TYPENAME)

    assert data_of(response) == TYPE


async def test_whoever_leaves_in_the_middle_of_a_body_leaves_no_trace(
    server: LiveServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with begun(server):
        pass
    async with client_of(server) as client:
        response = await client.post("/graphql", json=TYPENAME)

    assert data_of(response) == TYPE
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


# -- Many operations -----------------------------------------------------------------------------


async def test_beyond_the_room_that_there_is_operations_are_refused_at_once(
    database_url: str, hold: Hold
) -> None:
    async with (
        limited(database_url, operations_in_flight=2) as server,
        client_of(server) as client,
    ):
        asking = [asyncio.create_task(client.post("/graphql", json=NAME)) for _ in range(2)]
        await hold.reached(begun=2)
        busy = await client.post("/graphql", json=TYPENAME)
        health = await client.get("/healthz")
        hold.let_go.set()
        answered = await asyncio.gather(*asking)
        after = await client.post("/graphql", json=TYPENAME)

    message = "The server is busy with 2 operations: try again soon."
    assert refused(busy) == (503, "OVERLOADED", message)
    assert busy.headers["retry-after"] == "1"
    assert health.status_code == 200
    assert [data_of(answer) for answer in answered] == [{"course": None}] * 2
    assert data_of(after) == TYPE


async def test_a_query_takes_room_whatever_it_is_answered_in(database_url: str, hold: Hold) -> None:
    async with (
        limited(database_url, operations_in_flight=1) as server,
        client_of(server) as client,
    ):
        headers = {"Accept": "text/event-stream"}
        asking = asyncio.create_task(client.post("/graphql", json=NAME, headers=headers))
        await hold.reached(begun=1)
        busy = await client.post("/graphql", json=TYPENAME, headers=headers)
        hold.let_go.set()
        answered = await asking

    assert refused(busy)[:2] == (503, "OVERLOADED")
    assert answered.text.startswith('event: next\ndata: {"data":{"course":null}')
    assert answered.text.endswith("}\n\nevent: complete\ndata: \n\n")


async def test_subscriptions_take_no_room(database_url: str) -> None:
    async with (
        limited(database_url, operations_in_flight=1) as server,
        streamed(server, CHANGES, {"course": COURSE}),
        streamed(server, CHANGES, {"course": COURSE}) as response,
    ):
        await server.followed_by(2)
        await server.record(0.75)
        name, _ = await anext(events(response))

    assert name == "next"


# -- Slow operations -----------------------------------------------------------------------------


async def test_an_operation_that_takes_too_long_is_stopped(database_url: str, hold: Hold) -> None:
    async with (
        limited(database_url, operation_timeout=0.1, operations_in_flight=1) as server,
        client_of(server) as client,
    ):
        response = await client.post("/graphql", json=NAME)
        after = await client.post("/graphql", json=TYPENAME)

    assert refused(response) == (
        504,
        "TIMEOUT",
        f"The operation was stopped after 0.1 seconds. {LOOK}",
    )
    assert (hold.begun, hold.cancelled) == (1, 1)
    assert data_of(after) == TYPE


async def test_so_is_one_that_is_answered_as_a_stream(database_url: str, hold: Hold) -> None:
    async with (
        limited(database_url, operation_timeout=0.1) as server,
        streamed(server, NAME["query"]) as response,
    ):
        (name, body), last = [event async for event in events(response)]

    assert (name, last) == ("next", ("complete", None))
    assert [error["extensions"]["code"] for error in body["errors"]] == ["TIMEOUT"]
    assert hold.cancelled == 1


async def test_so_is_one_that_comes_over_a_socket(database_url: str, hold: Hold) -> None:
    async with (
        limited(database_url, operation_timeout=0.1) as server,
        server.opened() as socket,
    ):
        await socket.subscribe("1", NAME["query"])
        error = await socket.refusal("1")

    assert error["extensions"]["code"] == "TIMEOUT"
    assert hold.cancelled == 1


async def test_a_subscription_may_last_but_none_of_its_events(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        limited(database_url, operation_timeout=0.3) as server,
        streamed(server, NAMES, {"course": COURSE}) as response,
    ):
        seen = events(response)
        await asyncio.sleep(0.5)
        await server.record(0.5)
        _, first = await anext(seen)
        held = Hold()
        monkeypatch.setattr("schema.grade_event.learners.read_learner", held)
        await server.record(0.75)
        (_, last), end = [event async for event in seen]

    assert first["data"]["courseGradeChanged"] == {"learner": {"userId": "1"}}
    assert [error["extensions"]["code"] for error in last["errors"]] == ["TIMEOUT"]
    assert end == ("complete", None)
    assert held.cancelled == 1


# -- Clients that leave --------------------------------------------------------------------------


async def test_a_query_whose_client_has_gone_is_cancelled(server: LiveServer, hold: Hold) -> None:
    async with client_of(server) as client:
        asking = asyncio.create_task(client.post("/graphql", json=NAME))
        await hold.reached(begun=1)
        asking.cancel()
        await hold.reached(begun=1, cancelled=1)


async def test_whoever_leaves_makes_room(database_url: str, hold: Hold) -> None:
    async with (
        limited(database_url, operations_in_flight=1) as server,
        client_of(server) as client,
    ):
        asking = asyncio.create_task(client.post("/graphql", json=NAME))
        await hold.reached(begun=1)
        asking.cancel()
        await hold.reached(begun=1, cancelled=1)
        response = await client.post("/graphql", json=TYPENAME)

    assert data_of(response) == TYPE


def scores(percent: float) -> dict[str, Any]:
    return {
        "courseKey": COURSE,
        "scores": [
            {
                "learner": {"userId": str(learner)},
                "usageKey": problem_key("exam_1"),
                "scoreGiven": percent,
                "scoreMaximum": 1.0,
                "timestamp": NOW.isoformat(),
            }
            for learner in (1, 2, 3)
        ],
    }


async def test_a_change_whose_client_leaves_at_any_moment_is_made_wholly_or_not_at_all(
    server: LiveServer,
) -> None:
    for turn in range(1, 31):
        earned = turn / 100
        body = {"query": RECORD, "variables": {"input": scores(earned)}}
        async with client_of(server) as client:
            asking = asyncio.create_task(client.post("/graphql", json=body))
            await asyncio.sleep(turn * 0.001)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        # Whoever writes next waits until the one that was cancelled has ended.
        await server.record(0.5, learner=1, problem="hw1_1")
        answer = await server.ask(GRADES, {"course": COURSE})
        _, *others = [
            (node["courseGrade"] or {"percent": 0.0})["percent"]
            for node in answer["data"]["course"]["gradebook"]["nodes"]
        ]

        assert len(others) == 2
        assert len(set(others)) == 1
    assert (await server.ask("{ __typename }"))["data"] == TYPE
