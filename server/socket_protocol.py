"""uvicorn's side of a WebSocket, which no client can make do more than its share."""

from struct import Struct
from typing import Any, Final, TypeAlias, cast

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from server.socket_limits import Allowance
from server.socket_outlet import EXTENSION

# A quarter of a megabyte may arrive at once, which is forty thousand frames: as many are taken
# apart at a time as delay nobody else.
PIECE: Final = 2_048  # bytes
# Frames that bring no message of their own: pings, pongs, parts of messages. uvicorn answers each
# ping whether the client reads the answers or not.
FRAMES: Final = 500
FRAME_RATE: Final = 100.0  # a second
FLOODED: Final = 4400
NO_TEXT: Final = 1007
TIME_TO_READ_WHY: Final = 2.0  # seconds that a client has which flooded

# A frame begins with what it is, its last part as well as its first, and with its size.
_TEXT: Final = 0x81
_SHORT: Final = 125
_LONG_FOLLOWS: Final = 126
_HUGE_FOLLOWS: Final = 127
_HUGE: Final = 0x10000
_pack_long: Final = Struct("!BBH").pack
_pack_huge: Final = Struct("!BBQ").pack

Frame: TypeAlias = Any  # of the package websockets, which comes with uvicorn


class SocketProtocol(WebSocketsSansIOProtocol):
    """Reads on when what was read is done with, and ends when a client floods or is gone."""

    def __init__(self, *args: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's arguments
        super().__init__(*args, **named)
        self._unread = bytearray()
        self._frames = Allowance(FRAME_RATE, FRAMES)
        self._deaf = False

    async def run_asgi(self) -> None:
        extensions = cast("dict[str, object]", self.scope["extensions"])
        extensions[EXTENSION] = {"write_text": self.write_text}
        await super().run_asgi()

    def write_text(self, before: bytes, content: bytes, after: bytes) -> bool:
        """Send a message of three pieces if nobody has to wait for that; tell whether it was sent.

        A frame is made here as the library makes it, without what each message of an ASGI
        application goes through.
        """
        if not self.writable.is_set() or self.conn.state is not State.OPEN or self.disconnected:
            return False
        size = len(before) + len(content) + len(after)
        if size <= _SHORT:
            head = bytes((_TEXT, size))
        elif size < _HUGE:
            head = _pack_long(_TEXT, _LONG_FOLLOWS, size)
        else:
            head = _pack_huge(_TEXT, _HUGE_FOLLOWS, size)
        self.transport.write(b"".join((head, before, content, after)))
        return True

    def data_received(self, data: bytes) -> None:
        if not self._deaf:
            self._unread += data
            self._read()

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        if self._deaf:
            self.transport.pause_reading()  # uvicorn has just resumed
        self._read()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.close_sent:
            self._end_soon()
            self._read()

    def handle_ping(self) -> None:
        if self._grants_frame():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._grants_frame():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if self._grants_frame():
            super().handle_cont(event)

    def handle_text(self, event: Frame) -> None:
        if self._grants_message():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if self._grants_message():
            super().handle_bytes(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent and not self._is_utf_8():
            # uvicorn takes this for a bug, and fails where the client's goodbye follows at once.
            self.frames = []
            if self.conn.close_sent is None:
                self.conn.send_close(NO_TEXT)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._end_soon()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self._end_soon()

    def keepalive_timeout(self) -> None:
        # Who slept finds the connection cut, and comes back; after uvicorn's 1011 clients give up.
        # Nor is a closing frame waited for that nobody reads.
        self.transport.abort()

    def _read(self) -> None:
        while self._unread and not (self.read_paused or self._deaf or self.transport.is_closing()):
            piece = bytes(self._unread[:PIECE])
            del self._unread[:PIECE]
            super().data_received(piece)

    def _is_utf_8(self) -> bool:
        try:
            b"".join(self.frames).decode()
        except UnicodeDecodeError:
            return False
        return True

    def _grants_message(self) -> bool:
        # The handler counts messages; when it has closed the socket, nobody else does.
        return self._grants_frame() if self.close_sent else not self._deaf

    def _grants_frame(self) -> bool:
        if not self._deaf and not self._frames.spend(self.loop.time()):
            self._stop_listening()
        return not self._deaf

    def _stop_listening(self) -> None:
        """Leave what comes yet to the network, so that the client finds time to read why."""
        self._deaf = True
        self.close_timeout = TIME_TO_READ_WHY
        self._unread.clear()
        self.transport.pause_reading()
        if not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": FLOODED})
            self.conn.send_close(FLOODED, "Too many frames")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self._end_soon()

    def _end_soon(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
