"""A network between client and server that can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PIECE = 65_536  # bytes


class CutProxy:
    """Passes connections on to a server, until it is cut."""

    def __init__(self, server: str) -> None:
        self._host, _, port = server.partition(":")
        self._server_port = int(port)
        self._port = 0
        self._listening: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.connections = 0

    @property
    def address(self) -> str:
        """The host and port that clients connect to."""
        return f"127.0.0.1:{self._port}"

    async def mend(self) -> None:
        """Let connections through."""
        self._listening = await asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break all connections, and let no new ones through."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        upstream, downstream = await asyncio.open_connection(self._host, self._server_port)
        ends = (writer, downstream)
        self._writers.update(ends)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, downstream))
                group.create_task(_copy(upstream, writer))
        finally:
            self._writers.difference_update(ends)
            for end in ends:
                end.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def cut_proxy(server: str) -> AsyncIterator[CutProxy]:
    """Stand between a server and its clients."""
    proxy = CutProxy(server)
    await proxy.mend()
    try:
        yield proxy
    finally:
        await proxy.cut()
