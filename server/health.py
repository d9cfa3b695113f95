"""Health: whether the process turns, and whether it can answer."""

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from resolvers.readiness import is_ready
from server.drain import Drain

READY_TIMEOUT = 1.0  # seconds


async def healthz(request: Request) -> Response:
    """Answer 200 as long as the event loop turns."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Answer 200 when the database answers within a second, else 503; 503 when about to end."""
    drain: Drain = request.app.state.drain
    if drain.began:
        return PlainTextResponse("about to end\n", status_code=503)
    try:
        ready = await asyncio.wait_for(is_ready(), READY_TIMEOUT)
    except TimeoutError:
        ready = False
    if ready:
        return PlainTextResponse("ready\n")
    return PlainTextResponse("the database does not answer\n", status_code=503)
