"""The end of a server that somebody watches: quick, and said to everybody."""

import json
import signal

import httpx
import pytest
import websockets

from db.connection import connected
from server.app import create_app
from server.drain import Drain
from tests.factories import COURSE
from tests.server.live_server import CHANGES, PROTOCOL, SOON, settings_of
from tests.server.server_process import ServerProcess, server_process
from tests.server.test_multipart import APOLLO


async def end_while_watched(server: ServerProcess) -> tuple[int, int, list[str]]:
    """End it while a socket and two streams are open; return how each of them ended."""
    subscription = {"query": CHANGES, "variables": {"course": COURSE}}
    url = f"http://{server.address}/graphql"
    async with (
        websockets.connect(f"ws://{server.address}/graphql", subprotocols=[PROTOCOL]) as connection,
        httpx.AsyncClient(timeout=SOON) as client,
        client.stream(
            "POST", url, json=subscription, headers={"Accept": "text/event-stream"}
        ) as sse,
        client.stream("POST", url, json=subscription, headers={"Accept": APOLLO}) as multipart,
    ):
        await connection.send(json.dumps({"type": "connection_init"}))
        await connection.recv()
        message = {"type": "subscribe", "id": "1", "payload": subscription}
        await connection.send(json.dumps(message))
        await connection.send(json.dumps({"type": "ping"}))
        assert json.loads(await connection.recv()) == {"type": "pong"}

        exit_code = await server.ended()

        with pytest.raises(websockets.ConnectionClosed):
            pytest.fail(f"{await connection.recv()!r} came before the end")
        ends = [(await stream.aread()).decode() for stream in (sse, multipart)]
    return exit_code, connection.close_code or 0, ends


@pytest.mark.slow
async def test_a_server_that_is_watched_ends_at_once_and_says_so(database_url: str) -> None:
    async with server_process(database_url) as server:
        exit_code, close_code, (sse, multipart) = await end_while_watched(server)

    assert exit_code == 0
    assert close_code == 1012
    assert sse == "event: complete\ndata: \n\n"
    assert multipart.endswith("\r\n--graphql--\r\n")


@pytest.mark.slow
@pytest.mark.parametrize("engine", [pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_so_do_several_workers(database_url: str) -> None:
    async with server_process(database_url, workers=2) as server:
        exit_code, close_code, (sse, _) = await end_while_watched(server)

    assert exit_code == 0
    assert close_code == 1012
    assert sse == "event: complete\ndata: \n\n"


async def test_a_signal_begins_the_drain_and_reaches_whoever_had_it_before() -> None:
    drain, reached = Drain(), []
    before = signal.signal(signal.SIGTERM, lambda number, _: reached.append(number))
    try:
        with drain.begun_by_signals():
            assert not drain.began
            signal.raise_signal(signal.SIGTERM)
            await drain.wait(SOON)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert drain.began
    assert reached == [signal.SIGTERM, signal.SIGTERM]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_server_that_is_about_to_end_is_not_ready(database_url: str) -> None:
    app = create_app(settings_of(database_url))
    transport = httpx.ASGITransport(app)
    async with (
        connected(database_url),
        httpx.AsyncClient(transport=transport, base_url="http://server") as client,
    ):
        before = await client.get("/readyz")
        app.state.drain.begin()
        after = await client.get("/readyz")

    assert (before.status_code, before.text) == (200, "ready\n")
    assert (after.status_code, after.text) == (503, "about to end\n")
