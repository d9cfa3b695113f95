"""A receiver of webhooks behind a real uvicorn, which behaves as badly as a test asks for."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SOON = 20.0  # seconds after which something is not coming any more


@dataclass
class Received:
    """One request that came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.body)


@dataclass
class Receiver:
    """Notes what comes in, and answers with what ``answer`` makes of it; None hangs."""

    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Response | None] = field(default=lambda _: Response())
    port: int = 0
    pause: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def taken(self) -> list[str]:
        """Return the ids of the events that were taken, in order; who comes again counts once."""
        return self._taken

    def __post_init__(self) -> None:
        self._taken: list[str] = []

    async def has_taken(self, count: int) -> list[str]:
        """Wait for so many events."""
        async with asyncio.timeout(SOON):
            while len(self._taken) < count:
                await asyncio.sleep(0.005)
        return self._taken

    async def has_received(self, count: int) -> list[Received]:
        """Wait for so many requests, whatever was answered."""
        async with asyncio.timeout(SOON):
            while len(self.received) < count:
                await asyncio.sleep(0.005)
        return self.received

    async def handle(self, request: Request) -> Response:
        one = Received(dict(request.headers), await request.body())
        self.received.append(one)
        await asyncio.sleep(self.pause)
        response = self.answer(one)
        if response is None:
            await asyncio.sleep(SOON)
            return Response()
        name = one.headers.get("coursegrade-delivery", "")
        if response.status_code < 300 and name not in self._taken:
            self._taken.append(name)
        return response


@asynccontextmanager
async def receiving(receiver: Receiver | None = None) -> AsyncIterator[Receiver]:
    """Listen until the end of the block; with a receiver that was there before, on its port."""
    chosen = receiver or Receiver()
    routes = [Route("/{path:path}", chosen.handle, methods=["POST", "GET"])]
    config = uvicorn.Config(
        Starlette(routes=routes), log_level="error", timeout_graceful_shutdown=1, lifespan="off"
    )
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", chosen.port))
        chosen.port = listening.getsockname()[1]
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with asyncio.timeout(SOON):
                while not server.started:
                    await asyncio.sleep(0.005)
            yield chosen
        finally:
            server.should_exit = True
            server.force_exit = True
            await running
