"""graphql-transport-ws, message by message."""

import json
from typing import Any

import pytest
import websockets
from websockets.typing import Subprotocol

from tests.factories import COURSE
from tests.server.live_server import CHANGES, PROTOCOL, LiveServer, serving, settings_of

pytestmark = pytest.mark.slow

QUERY = {"query": "{ __typename }"}


@pytest.fixture
def engine() -> str:
    """The protocol is the same on either engine."""
    return "sqlite"


@pytest.mark.parametrize("payload", [None, {}, {"anything": [1, {"at": "all"}]}])
async def test_the_opening_message_may_have_any_object_or_nothing(
    server: LiveServer, payload: object
) -> None:
    async with server.opened(payload) as socket:
        await socket.send(type="ping")

        assert await socket.receive() == {"type": "pong"}


async def test_a_pong_says_what_the_ping_said(server: LiveServer) -> None:
    async with server.opened(initialised=False) as socket:
        await socket.send(type="ping", payload={"n": 1})
        await socket.send(type="pong", payload={"n": 2})
        await socket.send(type="ping", payload=None)

        assert await socket.receive() == {"type": "pong", "payload": {"n": 1}}
        assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "null",
        "1",
        '"text"',
        "[]",
        "[" * 5_000,
        "9" * 5_000,
        '{"type": "\\ud800"}',
        "{}",
        '{"type": null}',
        '{"type": ["ping"]}',
        '{"type": "start", "id": "1", "payload": {"query": "{ __typename }"}}',
        '{"type": "connection_init", "payload": []}',
        '{"type": "connection_init", "payload": "token"}',
        '{"type": "ping", "payload": 1}',
        '{"type": "pong", "payload": "x"}',
        '{"type": "complete"}',
        '{"type": "complete", "id": ""}',
        '{"type": "complete", "id": 1}',
        '{"type": "connection_ack"}',
        '{"type": "next", "id": "1", "payload": {"data": null}}',
        '{"type": "error", "id": "1", "payload": []}',
        '{"type": "ka"}',
    ],
)
async def test_a_message_that_is_none_closes_the_socket(server: LiveServer, text: str) -> None:
    async with server.opened(initialised=False) as socket:
        await socket.connection.send(text)

        code, reason = await socket.closed()

    assert code == 4400
    assert reason


@pytest.mark.parametrize(
    "fields",
    [
        {"payload": QUERY},
        {"id": None, "payload": QUERY},
        {"id": 1, "payload": QUERY},
        {"id": {}, "payload": QUERY},
        {"id": "", "payload": QUERY},
        {"id": "1"},
        {"id": "1", "payload": None},
        {"id": "1", "payload": "{ __typename }"},
        {"id": "1", "payload": {}},
        {"id": "1", "payload": {"query": None}},
        {"id": "1", "payload": {"query": 1}},
        {"id": "1", "payload": {**QUERY, "operationName": 1}},
        {"id": "1", "payload": {**QUERY, "variables": []}},
        {"id": "1", "payload": {**QUERY, "variables": "{}"}},
        {"id": "1", "payload": {**QUERY, "extensions": []}},
    ],
)
async def test_a_subscribe_message_with_fields_of_a_wrong_kind_closes_the_socket(
    server: LiveServer, fields: dict[str, Any]
) -> None:
    async with server.opened() as socket:
        await socket.send(type="subscribe", **fields)

        code, reason = await socket.closed()

    assert code == 4400
    assert reason.startswith("subscribe: ")


async def test_bytes_close_the_socket(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.connection.send(b'{"type": "ping"}')

        assert await socket.closed() == (4400, "WebSocket message type must be text")


async def test_whoever_asks_before_the_greeting_is_sent_away(server: LiveServer) -> None:
    async with server.opened(initialised=False) as socket:
        await socket.subscribe("one", "{ __typename }")

        assert await socket.closed() == (4401, "Unauthorized")


async def test_a_second_greeting_closes_the_socket(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.send(type="connection_init")

        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_a_second_greeting_closes_the_socket_before_the_first_is_answered_too(
    server: LiveServer,
) -> None:
    async with server.opened(initialised=False) as socket:
        await socket.send(type="connection_init")
        await socket.send(type="connection_init")

        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_an_id_in_use_closes_the_socket_however_long_it_is(server: LiveServer) -> None:
    async with server.opened() as socket:
        name = "ü" * 200
        await socket.subscribe(name, CHANGES, course=COURSE)
        await socket.subscribe(name, CHANGES, course=COURSE)

        code, reason = await socket.closed()

    assert (code, reason[:14]) == (4409, "Subscriber for")


async def test_null_stands_for_what_is_left_out(server: LiveServer) -> None:
    async with server.opened() as socket:
        payload = {**QUERY, "operationName": None, "variables": None, "extensions": None}
        await socket.send(id="one", type="subscribe", payload=payload)

        assert (await socket.next("one"))["data"] == {"__typename": "Query"}


async def test_fields_that_the_protocol_does_not_know_are_nothing(server: LiveServer) -> None:
    async with server.opened() as socket:
        payload = {**QUERY, "hash": "abc"}
        await socket.send(id="one", type="subscribe", payload=payload, more=[1])

        assert (await socket.next("one"))["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("initialised", [True, False])
async def test_complete_for_an_unknown_id_is_nothing(server: LiveServer, initialised: bool) -> None:
    async with server.opened(initialised=initialised) as socket:
        await socket.send(id="nobody", type="complete")
        await socket.send(type="ping")

        assert await socket.receive() == {"type": "pong"}


async def test_a_message_of_more_than_256_kib_closes_the_socket(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.connection.send(json.dumps({"type": "ping", "payload": {"x": "y" * 262_144}}))

        code, _ = await socket.closed()

    assert code == 1009


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"]])
async def test_no_other_protocol_is_spoken(server: LiveServer, protocols: list[str] | None) -> None:
    offered = [Subprotocol(name) for name in protocols or []]
    async with websockets.connect(
        f"ws://{server.address}/graphql", subprotocols=offered or None
    ) as connection:
        await connection.wait_closed()

    assert (connection.close_code, connection.subprotocol) == (4406, None)


async def test_the_protocol_is_found_among_others(server: LiveServer) -> None:
    offered = [Subprotocol("graphql-ws"), PROTOCOL]
    async with websockets.connect(
        f"ws://{server.address}/graphql", subprotocols=offered
    ) as connection:
        assert connection.subprotocol == PROTOCOL


async def test_text_that_is_no_utf_8_closes_the_socket(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.connection.send(b'{"type": "ping", "payload": {"x": "\xff"}}', text=True)
        code, _ = await socket.closed()

    assert code == 1007


async def test_whoever_asks_for_the_pulse_gets_it(server: LiveServer) -> None:
    async with server.opened() as socket:
        await (await socket.connection.ping())


async def test_messages_are_not_compressed(server: LiveServer) -> None:
    async with server.opened() as socket:
        assert socket.connection.protocol.extensions == []


async def assert_origin_is_refused(server: LiveServer, origin: str) -> None:
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with server.opened(headers={"Origin": origin}):
            pytest.fail("the socket was opened")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1", "http://localhost:8000", "null", ""]
)
async def test_a_page_of_another_site_may_not_open_a_socket(
    server: LiveServer, origin: str
) -> None:
    await assert_origin_is_refused(server, origin)


async def test_a_page_of_the_server_may_open_a_socket(server: LiveServer) -> None:
    async with server.opened(headers={"Origin": f"http://{server.address}"}) as socket:
        await socket.send(type="ping")

        assert await socket.receive() == {"type": "pong"}


async def test_pages_of_sites_that_are_named_may_open_sockets(database_url: str) -> None:
    settings = settings_of(database_url, allowed_origins="https://a.example, http://b.example:3000")
    async with serving(settings) as server:
        for origin in ("https://a.example", "https://A.example:443", "http://b.example:3000"):
            async with server.opened(headers={"Origin": origin}) as socket:
                await socket.send(type="ping")
                assert await socket.receive() == {"type": "pong"}
        for origin in ("http://a.example", "https://a.example:444", "https://x.a.example"):
            await assert_origin_is_refused(server, origin)


async def test_whoever_says_nothing_is_sent_away(database_url: str) -> None:
    async with (
        serving(settings_of(database_url, socket_init_timeout=0.05)) as server,
        server.opened(initialised=False) as socket,
    ):
        assert await socket.closed() == (4408, "Connection initialisation timeout")
