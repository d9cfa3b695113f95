"""One subscription over a real connection, until it ends: results as they come."""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, NoReturn, Protocol

import httpx
import websockets

from tests.server.live_server import PROTOCOL

_SILENCE: Final = 15.0  # seconds after which a stream that sends nothing is given up


class Interrupted(Exception):
    """The stream ended; there may be more behind the last cursor."""


class Transport(Protocol):
    """How results come from a server."""

    def __call__(
        self, address: str, query: str, variables: Mapping[str, object]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the results of a subscription.

        :raises Interrupted: when it ends, whatever ended it.
        """
        ...


async def over_websocket(
    address: str, query: str, variables: Mapping[str, object]
) -> AsyncGenerator[dict[str, Any], None]:
    """Follow over graphql-transport-ws."""
    try:
        async with websockets.connect(
            f"ws://{address}/graphql", subprotocols=[PROTOCOL], open_timeout=5, close_timeout=1
        ) as socket:
            await socket.send('{"type": "connection_init"}')
            payload = {"query": query, "variables": variables}
            async for text in socket:
                message = json.loads(text)
                match message["type"]:
                    case "connection_ack":
                        await socket.send(
                            json.dumps({"id": "1", "type": "subscribe", "payload": payload})
                        )
                    case "next":
                        yield message["payload"]
                    case "ping":
                        await socket.send('{"type": "pong"}')
                    case _:
                        _interrupt(message)
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        raise Interrupted(type(error).__name__) from error
    raise Interrupted("the socket was closed")


async def over_sse(
    address: str, query: str, variables: Mapping[str, object]
) -> AsyncGenerator[dict[str, Any], None]:
    """Follow over server-sent events."""
    try:
        async with (
            httpx.AsyncClient(timeout=httpx.Timeout(5, read=_SILENCE)) as client,
            client.stream(
                "POST",
                f"http://{address}/graphql",
                json={"query": query, "variables": variables},
                headers={"accept": "text/event-stream"},
            ) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise Interrupted(f"status {response.status_code}")
            name = ""
            async for line in response.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data" and name == "next":
                    yield json.loads(value)
                elif field == "data" and name == "complete":
                    raise Interrupted("complete")
    except httpx.HTTPError as error:
        raise Interrupted(type(error).__name__) from error
    raise Interrupted("the response ended")


def _interrupt(message: Mapping[str, Any]) -> NoReturn:
    if message["type"] != "error":
        raise Interrupted(message["type"])
    raise Interrupted(str(message["payload"][0].get("extensions", {}).get("code")))
