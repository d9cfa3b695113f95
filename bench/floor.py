"""The floor of a fan-out: Starlette sends the same text to all sockets, and nothing else."""

import gc

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

_sockets: set[WebSocket] = set()


async def listen(socket: WebSocket) -> None:
    """Keep a socket until its client leaves."""
    await socket.accept(subprotocol="graphql-transport-ws")
    _sockets.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        _sockets.discard(socket)


async def broadcast(request: Request) -> Response:
    """Send the request's body to everybody."""
    text = (await request.body()).decode()
    for socket in list(_sockets):
        await socket.send_text(text)
    return Response(status_code=204)


def create_app() -> Starlette:
    """Build the application, as careful with garbage as ours."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return Starlette(routes=[WebSocketRoute("/", listen), Route("/", broadcast, methods=["POST"])])
