"""Frames that are written as they are, beside those of the library."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from server.socket_protocol import SocketProtocol


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: Any) -> None:  # noqa: ANN401
        self.written += data

    def close(self) -> None:
        pass

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401, ARG002
        return default


async def open_protocol() -> tuple[SocketProtocol, Wire]:
    """Make a protocol whose handshake is over."""
    wire = Wire()
    protocol = SocketProtocol(Config(Starlette()), ServerState(), {})
    protocol.connection_made(wire)
    protocol.conn.state = State.OPEN
    return protocol, wire


@pytest.mark.parametrize("size", [3, 125, 126, 65_535, 65_536, 100_000])
async def test_a_frame_is_the_same_as_the_librarys(size: int) -> None:
    protocol, wire = await open_protocol()
    content = b"x" * size

    assert protocol.write_text(content[:1], content[1:-1], content[-1:])

    assert wire.written == Frame(Opcode.TEXT, content).serialize(mask=False)


async def test_nothing_is_written_while_the_client_does_not_read() -> None:
    protocol, wire = await open_protocol()
    protocol.pause_writing()
    refused = protocol.write_text(b"o", b"n", b"e")
    protocol.resume_writing()

    assert (refused, protocol.write_text(b"t", b"w", b"o")) == (False, True)
    assert wire.written == Frame(Opcode.TEXT, b"two").serialize(mask=False)


@pytest.mark.parametrize("side", ["ours", "the network"])
async def test_nothing_is_written_after_the_end(side: str) -> None:
    protocol, wire = await open_protocol()
    if side == "ours":
        protocol.conn.send_close(4403, "Token expired")
    else:
        protocol.connection_lost(None)

    assert protocol.write_text(b"too", b" ", b"late") is False
    assert wire.written == b""
