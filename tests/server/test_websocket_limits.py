"""What one client may do with sockets, and that all others are served meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import websockets
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.factories import COURSE
from tests.server.live_server import (
    CHANGES,
    PROTOCOL,
    SECRET,
    GraphQLSocket,
    LiveServer,
    serving,
    settings_of,
    with_course,
)
from tests.server.raw_socket import CLOSE, Kind, frame, raw_socket

pytestmark = pytest.mark.slow

ELSEWHERE = "127.0.0.2"
INIT = frame(Kind.TEXT, b'{"type":"connection_init"}')
FLOOD = 100_000


@pytest.fixture
def engine() -> str:
    """No limit has anything to do with the engine."""
    return "sqlite"


def authorization(name: str) -> dict[str, str]:
    """Make the opening payload of a user."""
    claims = {"preferred_username": name, "administrator": True, "exp": 4_000_000_000}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
    return {"authorization": f"Bearer {token}"}


@asynccontextmanager
async def opened_elsewhere(server: LiveServer) -> AsyncIterator[GraphQLSocket]:
    """Open a socket from another address, and say hello."""
    async with websockets.connect(
        f"ws://{server.address}/graphql", subprotocols=[PROTOCOL], local_addr=(ELSEWHERE, 0)
    ) as connection:
        opened = GraphQLSocket(connection)
        await opened.send(type="connection_init")
        assert await opened.receive() == {"type": "connection_ack"}
        yield opened


async def assert_served(socket: GraphQLSocket) -> None:
    await socket.subscribe("ask", "{ __typename }")
    assert (await socket.next("ask"))["data"] == {"__typename": "Query"}
    assert await socket.receive() == {"id": "ask", "type": "complete"}


async def assert_refused(server: LiveServer, status: int, message: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with server.opened():
            pytest.fail("the socket was opened")

    response = refused.value.response
    (error,) = json.loads(response.body or b"")["errors"]
    assert (response.status_code, error["message"]) == (status, message)
    assert error["extensions"]["code"] == "TOO_MANY_SOCKETS"
    assert response.headers["Retry-After"] == "1"


async def test_messages_that_come_too_fast_close_the_socket_and_no_other(
    database_url: str,
) -> None:
    async with (
        serving(settings_of(database_url, socket_message_rate=2)) as server,
        server.opened() as other,
        server.opened(initialised=False) as socket,
    ):
        for _ in range(11):
            await socket.send(type="ping")
        for _ in range(10):
            assert await socket.receive() == {"type": "pong"}

        assert await socket.closed() == (4400, "Too many messages: 2 a second are granted")
        await assert_served(other)


async def test_as_many_messages_as_are_granted_may_come_at_once(server: LiveServer) -> None:
    async with server.opened() as socket:
        for _ in range(248):
            await socket.send(type="pong")

        await assert_served(socket)


async def test_a_flood_of_messages_ends_and_others_are_served(server: LiveServer) -> None:
    flood = frame(Kind.TEXT, b'{"type":"pong"}') * 1_000
    async with server.opened() as other, raw_socket(server.address) as flooding:
        sending = asyncio.create_task(flooding.send([INIT, *[flood] * 100]))
        await assert_served(other)
        last = await flooding.closed()
        await assert_served(other)
        sending.cancel()

    assert b"Too many messages: 50 a second are granted" in last


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([frame(Kind.PING, b"x" * 125)], id="pings"),
        pytest.param([frame(Kind.PONG)], id="pongs"),
        pytest.param(
            [frame(Kind.TEXT, b"{", last=False), frame(Kind.CONTINUATION, last=False)],
            id="empty parts",
        ),
    ],
)
async def test_a_flood_of_frames_without_messages_ends_and_others_are_served(
    server: LiveServer, frames: list[bytes]
) -> None:
    *first, repeated = frames
    flood = [*first, *[repeated * 100] * (FLOOD // 100)]
    async with server.opened() as other, raw_socket(server.address) as flooding:
        sending = asyncio.create_task(flooding.send([INIT, *flood, frame(Kind.TEXT, b"x")]))
        await assert_served(other)
        last = await flooding.closed()
        await assert_served(other)
        sending.cancel()

    assert b"Too many frames" in last


async def test_who_goes_on_sending_to_a_closed_socket_is_not_heard(server: LiveServer) -> None:
    flood = frame(Kind.TEXT, b"nonsense" * 15) * 100
    async with server.opened() as other, raw_socket(server.address) as flooding:
        sending = asyncio.create_task(flooding.send([flood] * 2_000))
        last = await flooding.closed()
        await assert_served(other)
        everything_was_taken = await sending

    assert b"must be valid JSON" in last
    assert not everything_was_taken


async def test_a_message_in_parts_is_one_message(server: LiveServer) -> None:
    text = json.dumps({"type": "ping", "payload": {"x": "ü" * 40_000}})
    async with server.opened() as socket:
        await socket.connection.send(text[at : at + 1_000] for at in range(0, len(text), 1_000))

        assert await socket.receive() == json.loads(text) | {"type": "pong"}


async def test_who_reads_nothing_is_cut_off(database_url: str) -> None:
    subscribe: dict[str, Any] = {"query": CHANGES, "variables": {"course": COURSE}}
    message = json.dumps({"id": "one", "type": "subscribe", "payload": subscribe}).encode()
    ping = json.dumps({"type": "ping", "payload": {"x": "y" * 250_000}}).encode()
    async with serving(
        settings_of(database_url), ws_ping_interval=0.5, ws_ping_timeout=0.5
    ) as server:
        await with_course()
        async with raw_socket(server.address) as silent:
            await silent.send([INIT, frame(Kind.TEXT, message)])
            await server.followed_by(1)
            sending = asyncio.create_task(silent.send([frame(Kind.TEXT, ping)] * 200))

            await server.followed_by(0)
            await sending


async def test_who_does_not_answer_is_cut_off_and_not_told_to_stay_away(database_url: str) -> None:
    settings = settings_of(database_url)
    async with (
        serving(settings, ws_ping_interval=0.1, ws_ping_timeout=0.1) as server,
        raw_socket(server.address) as deaf,
    ):
        await deaf.send([INIT])
        content = await deaf.ended()

    assert b"connection_ack" in content
    assert CLOSE not in content


async def test_the_size_of_a_message_is_a_setting(database_url: str) -> None:
    async with (
        serving(settings_of(database_url, socket_message_size=1_024)) as server,
        server.opened() as socket,
    ):
        await socket.send(type="ping", payload={"x": "y" * 900})
        assert (await socket.receive())["type"] == "pong"
        await socket.send(type="ping", payload={"x": "y" * 1_024})
        code, _ = await socket.closed()

    assert code == 1009


async def test_a_socket_for_which_no_token_ends_ends_with_its_own_time(database_url: str) -> None:
    async with (
        serving(settings_of(database_url, socket_lifetime=0.2)) as server,
        server.opened() as socket,
    ):
        assert await socket.closed() == (4403, "Open for too long: open another")


async def test_one_user_has_so_many_sockets_and_others_have_theirs(database_url: str) -> None:
    settings = settings_of(database_url, development=False, jwt_secret=SECRET, sockets_per_user=2)
    async with serving(settings) as server, AsyncExitStack() as stack:
        first = await stack.enter_async_context(server.opened(authorization("ann")))
        second = await stack.enter_async_context(server.opened(authorization("ann")))
        async with server.opened(initialised=False) as third:
            await third.send(type="connection_init", payload=authorization("ann"))
            assert await third.closed() == (4403, "Too many sockets: 2 are open")
        bob = await stack.enter_async_context(server.opened(authorization("bob")))
        for socket in (first, second, bob):
            await assert_served(socket)

        await first.connection.close()
        await assert_served(await stack.enter_async_context(server.opened(authorization("ann"))))


async def test_those_without_a_name_are_told_apart_by_their_address(database_url: str) -> None:
    settings = settings_of(database_url, development=False, jwt_secret=SECRET, sockets_per_user=1)
    async with serving(settings) as server, server.opened() as first:
        async with server.opened(initialised=False) as second:
            await second.send(type="connection_init")
            assert await second.closed() == (4403, "Too many sockets: 1 are open")
        async with opened_elsewhere(server) as other:
            await assert_served(other)
        await assert_served(first)


async def test_in_development_one_may_have_any_number(database_url: str) -> None:
    async with (
        serving(settings_of(database_url, sockets_per_user=1)) as server,
        server.opened() as first,
        server.opened() as second,
    ):
        await assert_served(first)
        await assert_served(second)


async def test_a_flood_of_sockets_that_say_nothing_leaves_room_for_others(
    database_url: str,
) -> None:
    message = "2 sockets from your address have not sent connection_init: try again soon."
    async with (
        serving(settings_of(database_url, sockets_per_address=2)) as server,
        server.opened(initialised=False) as first,
        server.opened(initialised=False),
    ):
        await assert_refused(server, 429, message)
        async with opened_elsewhere(server) as other:
            await assert_served(other)

        await first.send(type="connection_init")
        assert await first.receive() == {"type": "connection_ack"}
        async with server.opened() as third:
            await assert_served(third)
        await assert_served(first)


async def test_a_worker_has_so_many_sockets_and_answers_requests_all_the_same(
    database_url: str,
) -> None:
    async with (
        serving(settings_of(database_url, sockets_per_worker=2)) as server,
        server.opened() as first,
        server.opened() as second,
    ):
        await assert_refused(server, 503, "The server has 2 sockets open: try again soon.")
        assert (await server.ask("{ __typename }"))["data"] == {"__typename": "Query"}
        await assert_served(first)
        await second.connection.close()

        async with server.opened() as third:
            await assert_served(third)
