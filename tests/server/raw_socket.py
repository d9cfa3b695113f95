"""A WebSocket by hand: frames that no library would send, and a client that does not read."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tests.server.live_server import PROTOCOL, SOON

_HANDSHAKE: Final = (
    "GET /graphql HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: bm90aGluZyBvZiBub3RlLg==\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n"
)
CLOSE: Final = b"\x88"  # the first byte of a server's closing frame


class Kind(IntEnum):
    """What a frame is."""

    CONTINUATION = 0x0
    TEXT = 0x1
    PING = 0x9
    PONG = 0xA


def frame(kind: Kind, content: bytes = b"", *, last: bool = True) -> bytes:
    """Make a frame as clients send it, masked with zeros."""
    size = len(content)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([(0x80 if last else 0) | kind]) + length + bytes(4) + content


@dataclass(frozen=True)
class RawSocket:
    """A connection after the handshake."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, pieces: Iterable[bytes]) -> bool:
        """Send, as fast as the server takes it; tell whether it took everything."""
        try:
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
        except ConnectionError:
            return False
        return True

    async def closed(self) -> bytes:
        """Read until the server says why it closes, and return that."""
        content = b""
        async with asyncio.timeout(SOON):
            while CLOSE not in content:
                piece = await self.reader.read(65_536)
                assert piece, "closed without a reason"
                content = content[-200:] + piece
        return content[content.index(CLOSE) :]

    async def ended(self) -> bytes:
        """Read until the connection is cut, and return what came."""
        content = b""
        async with asyncio.timeout(SOON):
            with suppress(ConnectionError):
                while piece := await self.reader.read(65_536):
                    content += piece
        return content


@asynccontextmanager
async def raw_socket(address: str) -> AsyncIterator[RawSocket]:
    """Open a socket that reads only when it is told to."""
    host, _, port = address.partition(":")
    # With so small a limit nothing is read ahead.
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    try:
        writer.write(_HANDSHAKE.format(address=address).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield RawSocket(reader, writer)
    finally:
        writer.transport.abort()
