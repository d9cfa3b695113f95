"""Many sockets in one process, cheaper than what they measure: raw frames and one selector."""

import base64
import http.client
import json
import os
import selectors
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

PROTOCOL: Final = "graphql-transport-ws"
PATIENCE: Final = 30.0  # seconds after which something is not coming any more
_JSON: Final = {"Content-Type": "application/json"}
_SHORT, _LONG = 125, 126  # payload lengths in a frame's second byte


class Listener:
    """A WebSocket that is read without blocking; pings are answered."""

    def __init__(self, port: int, path: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self.socket.recv(4096)
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.splitlines()[0]:
            raise RuntimeError(head.decode())

    def send(self, message: dict[str, Any]) -> None:
        """Send a message, masked with zeros."""
        self._send_frame(0x81, json.dumps(message).encode())

    def receive(self) -> bytes:
        """Wait for a message."""
        while True:
            if messages := self.read():
                return messages[0]

    def read(self) -> list[bytes]:
        """Read once; return the messages that are complete now."""
        data = self.socket.recv(65_536)
        if not data:
            raise RuntimeError("The server closed a socket.")
        buffer = self._buffer + data if self._buffer else data
        messages = []
        while len(buffer) >= 2:
            opcode, size, begin = buffer[0] & 15, buffer[1], 2
            if size == _LONG:
                if len(buffer) < 4:
                    break
                (size,) = struct.unpack_from(">H", buffer, 2)
                begin = 4
            if len(buffer) < begin + size:
                break
            payload, buffer = buffer[begin : begin + size], buffer[begin + size :]
            if opcode == 1:
                messages.append(payload)
            elif opcode == 9:
                self._send_frame(0x8A, payload)
            else:
                raise RuntimeError(f"The server sent {payload!r}.")
        self._buffer = buffer
        return messages

    def _send_frame(self, first: int, payload: bytes) -> None:
        size = len(payload)
        if size <= _SHORT:
            head = struct.pack(">BB", first, 0x80 | size)
        else:
            head = struct.pack(">BBH", first, 0x80 | _LONG, size)
        self.socket.sendall(head + bytes(4) + payload)


class Change(NamedTuple):
    """What became of one change, in seconds from before it was sent."""

    answered: float
    last: float  # when the last socket had its message; when it was answered if nobody listens
    answer: bytes
    message: bytes


@dataclass
class Audience:
    """All sockets of one server."""

    port: int
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def add(self, listener: Listener) -> None:
        """Have one more listen."""
        self._selector.register(listener.socket, selectors.EVENT_READ, listener)
        self.listeners.append(listener)

    def change(self, body: bytes) -> Change:
        """Send a request; wait for its answer and until each socket got one message."""
        with closing(self._connection()) as connection:
            self._selector.register(connection.sock, selectors.EVENT_READ)
            begun = time.perf_counter()
            connection.request("POST", self.path, body, {**_JSON, **self.headers})
            return self._wait(connection, begun)

    def close(self) -> None:
        """Close all sockets."""
        self._selector.close()
        for listener in self.listeners:
            listener.socket.close()

    def _wait(self, connection: http.client.HTTPConnection, begun: float) -> Change:
        missing = len(self.listeners)
        last = answered = 0.0
        message = answer = b""
        while missing > 0 or not answered:
            ready = self._selector.select(PATIENCE)
            if not ready:
                raise RuntimeError(f"{missing} messages did not come.")
            for key, _ in ready:
                if key.data is None:
                    self._selector.unregister(connection.sock)
                    answer, answered = _answer(connection), time.perf_counter()
                elif messages := key.data.read():
                    last = time.perf_counter()
                    missing -= len(messages)
                    message = messages[-1]
        if missing < 0:
            raise RuntimeError("A socket got more than was asked for.")
        return Change(answered - begun, (last or answered) - begun, answer, message)

    def _connection(self) -> http.client.HTTPConnection:
        # A new one each time: the server closes those that were idle for some seconds.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        return connection


def _answer(connection: http.client.HTTPConnection) -> bytes:
    response = connection.getresponse()
    body = response.read()
    if response.status >= 400:
        raise RuntimeError(body.decode())
    return body
