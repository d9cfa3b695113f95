"""Subscriptions over plain HTTP: how a stream is sent, and how it ends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, cast

import orjson
from starlette.responses import Response, StreamingResponse
from starlette.types import Send
from strawberry.http import GraphQLHTTPResponse
from strawberry.http.streaming import HTTPStreamTransport, SSETransport
from strawberry.types import ExecutionResult

from server.answers import body_of, headers_of
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


async def messages(
    results: AsyncGenerator[ExecutionResult, None], transport: HTTPStreamTransport
) -> AsyncGenerator[str, None]:
    """Yield each result as the transport sends it."""
    async with aclosing(results):
        async for result in results:
            yield _message(result, transport)


def stream_of_one(
    result: ExecutionResult, transport: HTTPStreamTransport, request_id: str
) -> Response:
    """Make the answer to an operation that has one result, as a stream."""
    content = _message(result, transport) + transport.encode_complete()
    return Response(content, headers={**headers_of(request_id), **transport.headers})


async def chunks(
    messages: AsyncGenerator[str, None],
    transport: HTTPStreamTransport,
    *,
    drain: Drain,
    lifetime: float | None,
) -> AsyncGenerator[str, None]:
    """Yield what is sent, until the messages, the process or the client's token come to an end."""
    heartbeat = transport.heartbeat_message(_text)
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


def _message(result: ExecutionResult, transport: HTTPStreamTransport) -> str:
    # The body is ready; the transport's type of it is Strawberry's own.
    return transport.encode_next(cast(GraphQLHTTPResponse, body_of(result)), _text)


def _text(data: object) -> str:
    return orjson.dumps(data).decode()
