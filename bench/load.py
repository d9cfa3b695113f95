"""A load: requests sent over many connections, the next when the last is answered."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import Final, cast

import uvloop

PATIENCE: Final = 60.0  # seconds for the answers that are still awaited at the end
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"


class RequestFailed(Exception):
    """A server did not answer a request with 200, or closed the connection."""


@dataclass
class Answers:
    """What came back: how many answers within how many seconds, and what each took."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    size: int = 0  # bytes of the last body

    @property
    def count(self) -> int:
        """Return the number of answers."""
        return len(self.latencies)


class Load:
    """A list of requests for one server, sent in turn; the next run goes on where it stopped."""

    def __init__(self, port: int, requests: Sequence[bytes], connections: int) -> None:
        self._port = port
        self._requests = cycle(requests)
        self._connections = connections

    def run(self, seconds: float) -> Answers:
        """Send for so many seconds.

        :raises RequestFailed: if the server refuses any.
        """
        return uvloop.run(_send(self._port, self._requests, self._connections, seconds))


async def _send(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Answers:
    loop = asyncio.get_running_loop()
    answers = Answers()
    begun = time.perf_counter()
    until = begun + seconds
    ends = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(
            partial(_Client, requests, answers, until, done), "127.0.0.1", port
        )
        ends.append(done)
    async with asyncio.timeout(seconds + PATIENCE):
        await asyncio.gather(*ends)
    answers.seconds = time.perf_counter() - begun
    return answers


class _Client(asyncio.Protocol):
    """One connection; of an answer it reads the status and the length, nothing more."""

    def __init__(
        self,
        requests: Iterator[bytes],
        answers: Answers,
        until: float,
        done: "asyncio.Future[None]",
    ) -> None:
        self._requests = requests
        self._answers = answers
        self._until = until
        self._done = done
        self._head = b""
        self._missing = 0  # bytes of the body that have not come yet
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Read on, and send the next request when the answer is complete."""
        if self._missing:
            self._missing -= len(data)
        else:
            head = self._head + data
            end = head.find(_HEAD_END)
            if end < 0:
                self._head = head
                return
            self._head = b""
            length = _length_of(head[:end])
            if not head.startswith(b"HTTP/1.1 200") or length is None:
                self._fail(RequestFailed(head[:2_000].decode(errors="replace")))
                return
            self._answers.size = length
            self._missing = length - (len(head) - end - len(_HEAD_END))
        if self._missing == 0:
            now = time.perf_counter()
            self._answers.latencies.append(now - self._sent)
            if now < self._until:
                self._send()
            else:
                self._transport.close()
                self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so, unless all was done."""
        if not self._done.done():
            self._fail(RequestFailed(f"the server closed the connection: {exc}"))

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def _fail(self, reason: RequestFailed) -> None:
        if not self._done.done():
            self._done.set_exception(reason)
        self._transport.close()


def _length_of(head: bytes) -> int | None:
    lower = head.lower()
    at = lower.find(_LENGTH)
    if at < 0:
        return None
    return int(lower[at + len(_LENGTH) :].split(b"\r", 1)[0])
