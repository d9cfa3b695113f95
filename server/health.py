"""Health: whether the process turns, and whether it can answer."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from db.event_log import LoggedEvent
from db.event_log_state import Place
from events import EventStream
from resolvers.readiness import hindrance
from server.drain import Drain

READY_TIMEOUT = 1.0  # seconds
# The log is looked at every second, and after an error within another.
LONGEST_SILENCE: Final = 10.0  # seconds


async def healthz(request: Request) -> Response:
    """Answer 200 as long as the event loop turns."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Answer 200 when questions can be answered and events are told, else 503 and why not."""
    found = await _hindrance(request)
    if found is None:
        return PlainTextResponse("ready\n")
    return PlainTextResponse(f"{found}\n", status_code=503)


async def _hindrance(request: Request) -> str | None:
    drain: Drain = request.app.state.drain
    if drain.began:
        return "about to end"
    try:
        found = await asyncio.wait_for(hindrance(), READY_TIMEOUT)
    except TimeoutError:
        return "the database does not answer"
    if found is not None:
        return found
    events: EventStream[LoggedEvent, Place] | None = getattr(request.state, "events", None)
    if events is not None and events.silence > LONGEST_SILENCE:
        return "the event log is not read"
    return None
