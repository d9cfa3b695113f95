"""A server in a process of its own, as an operator starts it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from db.connection import connected
from server.serve import as_environment
from server.settings import Settings
from tests.server.live_server import settings_of, with_course

ROOT = Path(__file__).parents[2]
SERVE = "from server.serve import serve; from server.settings import Settings; serve(Settings())"


@dataclass(frozen=True)
class ServerProcess:
    """A server in a process of its own."""

    process: subprocess.Popen[bytes]
    address: str

    async def ended(self) -> int:
        """Send SIGTERM; return the exit code, which must come within five seconds."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, 5)


def _started(settings: Settings) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **as_environment(settings)}
    command = [sys.executable, "-c", SERVE]
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)


@asynccontextmanager
async def server_process(
    database_url: str, *, workers: int = 1, **changes: object
) -> AsyncIterator[ServerProcess]:
    """Serve the course until told to end."""
    async with connected(database_url):
        await with_course()
    async with started_server(database_url, workers=workers, **changes) as server:
        yield server


@asynccontextmanager
async def started_server(
    database_url: str, *, workers: int = 1, **changes: object
) -> AsyncIterator[ServerProcess]:
    """Serve what is in the database until told to end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chosen = {"log_level": "warning", **changes}
    settings = settings_of(database_url, port=port, workers=workers, **chosen)
    process = _started(settings)
    try:
        async with asyncio.timeout(30), httpx.AsyncClient() as client:
            while True:
                assert process.poll() is None
                try:
                    (await client.get(f"http://127.0.0.1:{port}/readyz")).raise_for_status()
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
        yield ServerProcess(process, f"127.0.0.1:{port}")
    finally:
        # With its workers, which would go on without it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait)
