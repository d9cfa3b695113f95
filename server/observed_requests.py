"""What is counted of each HTTP request and each WebSocket, whoever answers it."""

from time import perf_counter
from typing import Final

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.metrics import Metrics

_METHODS: Final = frozenset({"GET", "POST", "HEAD", "OPTIONS"})
_ABNORMAL: Final = 1006  # a socket that nobody closed
_FAILED: Final = 500


class ObservedRequests:
    """Times requests and counts sockets around an application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        status = _FAILED

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = scope.get("route")
            path = route.path if isinstance(route, Route) else "none"
            self._metrics.request_ended(method, path, status, perf_counter() - began)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = _ABNORMAL

        async def hearing() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code") or code
            return message

        async def noting(message: Message) -> None:
            nonlocal code
            if message["type"] == "websocket.close":
                code = message.get("code", 1000)
            await send(message)

        self._metrics.sockets.inc()
        try:
            await self._app(scope, hearing, noting)
        finally:
            self._metrics.sockets.dec()
            self._metrics.socket_closed(code)
