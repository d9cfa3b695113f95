"""Subscriptions over plain HTTP: which stream a client asks for, and how one is sent."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Send
from strawberry.http.streaming import HTTPStreamTransport, SSETransport

from server.drain import Drain

HEARTBEAT: Final = 5.0  # seconds without anything to send


class LineFeedSSETransport(SSETransport):
    """Events that end in LF LF, as urql and others want them; the standard allows both."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        return f"event: {event}\ndata: {data or ''}\n\n"

    def encode_comment(self, comment: str) -> str:
        return f": {comment}\n\n"


class ClosedStreamingResponse(StreamingResponse):
    """A response that closes what it streams when the client leaves, not some time later."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


def preferred_transport(
    accept: str, transports: Iterable[HTTPStreamTransport]
) -> HTTPStreamTransport | None:
    """Return the stream that a client wants more than anything else it accepts, if any.

    Clients such as urql name streams behind JSON in every request: those want JSON.
    """
    offers = sorted(_split(accept), key=_quality, reverse=True)
    if not offers or _quality(offers[0]) <= 0:
        return None
    return next((each for each in transports if each.accepts(offers[0])), None)


async def chunks(
    messages: AsyncGenerator[str, None],
    transport: HTTPStreamTransport,
    heartbeat: str,
    *,
    drain: Drain,
    lifetime: float | None,
) -> AsyncGenerator[str, None]:
    """Yield what is sent, until the messages, the process or the client's token come to an end."""
    ended = asyncio.create_task(drain.wait(lifetime))
    upcoming = asyncio.create_task(_next(messages))
    try:
        if transport.send_initial_heartbeat:
            yield heartbeat
        while True:
            done, _ = await asyncio.wait(
                (ended, upcoming),
                timeout=HEARTBEAT,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if ended in done:
                break
            if upcoming in done:
                message = upcoming.result()
                if message is None:
                    break
                yield message
                upcoming = asyncio.create_task(_next(messages))
            else:
                yield heartbeat
        yield transport.encode_complete()
    finally:
        for task in (ended, upcoming):
            task.cancel()
        await asyncio.gather(ended, upcoming, return_exceptions=True)
        await messages.aclose()


async def _next(messages: AsyncGenerator[str, None]) -> str | None:
    return await anext(messages, None)


def _split(accept: str) -> list[str]:
    """Split at commas, but not at those in quotes."""
    parts = [""]
    quoted = False
    for character in accept:
        quoted ^= character == '"'
        if character == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _quality(offer: str) -> float:
    for parameter in offer.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
