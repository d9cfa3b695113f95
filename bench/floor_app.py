"""The floor's application: bare ASGI, one answer a path, and a constant one."""

import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import orjson

from bench.floor_database import open_database
from bench.floor_requests import Floor

DATABASE_URL: Final = "BENCH_DATABASE_URL"
_CONSTANT: Final = b'{"data":{"courseGrade":{"percent":0.5}}}'

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Application:
    """Answers ``/W1`` to ``/W5`` from the database, and ``/constant`` without it."""

    def __init__(self) -> None:
        self._floor: Floor | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        body = (await receive())["body"]
        content = _CONSTANT
        if scope["path"] != "/constant":
            assert self._floor is not None
            answer = self._floor.answers[scope["path"]]
            content = orjson.dumps({"data": await answer(orjson.loads(body))})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._floor = await Floor.of(await open_database(os.environ[DATABASE_URL]))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


def create_app() -> Application:
    """Build the application, as careful with garbage as ours."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return Application()
