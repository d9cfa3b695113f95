"""A socket as the protocol's handler needs it: JSON in and out, and it may close at any time."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress

import orjson
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)


class SocketAdapter(ASGIWebSocketAdapter):
    """A socket that may close while something is sent."""

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        try:
            while self.ws.application_state is WebSocketState.CONNECTED:
                yield orjson.loads(await self.ws.receive_text())
        except orjson.JSONDecodeError as error:
            raise NonJsonMessageReceived from error
        except KeyError as error:
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            return

    async def send_text(self, text: str) -> None:
        """Send a message.

        :raises WebSocketDisconnected: if the socket is closed.
        """
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send_text(text)
        except (OSError, RuntimeError, WebSocketDisconnect) as error:
            raise WebSocketDisconnected from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        await self.send_text(encoded(message))

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is WebSocketState.CONNECTED:
            with suppress(OSError, RuntimeError, WebSocketDisconnect):
                await self.ws.close(code=code, reason=reason)


def encoded(value: object) -> str:
    """Return a value as JSON."""
    return orjson.dumps(value).decode()
