"""Many requests at once, most of which nobody should send."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import httpx
import websockets

from tests.factories import COURSE
from tests.faults.target import Target
from tests.server.live_server import PROTOCOL

_AT_ONCE: Final = 40
_BOMB: Final = "{ ...F0 } " + " ".join(
    f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30)
)
_GRADEBOOK: Final = (
    f'{{ course(courseKey: "{COURSE}") {{ gradebook(first: 40) {{ nodes {{'
    " courseGrade { percent displayPercent } } } } }"
)
_BODIES: Final = (
    {"query": _BOMB + " fragment F30 on Query { __typename }"},
    {"query": "{ " + "a " * 20_000 + "}"},
    {"query": "{a" * 900 + "}" * 900},
    {"query": _GRADEBOOK},
    {"query": _GRADEBOOK},
    {"query": "{ gradeEventsCursor }"},
    [1] * 60_000,
    {"query": "x" * 200_000},
)


async def flood(target: Target, chance: random.Random, seconds: float) -> None:
    """Send all kinds of it for so long."""
    address = target.address
    kinds: list[Callable[[], Coroutine[Any, Any, None]]] = [
        *[lambda: _post(target, chance.choice(_BODIES))] * 6,
        lambda: _noise(address, chance.randbytes(chance.randint(1, 2_000))),
        lambda: _noise(
            address, b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{"
        ),
        lambda: _socket(address, chance),
    ]

    async def one() -> None:
        while True:
            await chance.choice(kinds)()

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(one())


async def _post(target: Target, body: object) -> None:
    with suppress(httpx.TransportError):
        response = await target.http.post(f"http://{target.address}/graphql", json=body)
        target.claims.trouble(response.json())


async def _noise(address: str, content: bytes) -> None:
    """Send something that is no whole request, and hang on for a moment."""
    host, _, port = address.partition(":")
    with suppress(OSError):
        _, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(content)
            await writer.drain()
            await asyncio.sleep(0.2)
        finally:
            writer.transport.abort()


async def _socket(address: str, chance: random.Random) -> None:
    """Open a socket, say something or nothing, and leave without a word."""
    with suppress(OSError, TimeoutError, websockets.WebSocketException):
        async with websockets.connect(
            f"ws://{address}/graphql", subprotocols=[PROTOCOL], open_timeout=5, close_timeout=0.1
        ) as socket:
            if chance.random() < 0.5:
                await socket.send('{"type": "connection_init"}')
                for number in range(chance.randint(1, 30)):
                    await socket.send(
                        f'{{"id":"{number}","type":"subscribe","payload":{{"query":'
                        f'"subscription {{ gradeEvents(courseKey: \\"{COURSE}\\") {{ id }} }}"}}}}'
                    )
            await asyncio.sleep(chance.random() * 0.3)
            socket.transport.abort()
