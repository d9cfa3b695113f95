"""Processes that are killed and come back: servers on the port they had, writers."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from server.serve import as_environment
from tests.server.live_server import settings_of

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 30.0  # seconds until a server must be ready
_SERVE: Final = (
    "-c",
    "from server.serve import serve; from server.settings import Settings; serve(Settings())",
)
_SERVE_DEAF: Final = ("-m", "tests.delivery.server_without_notify")


class Process:
    """A process, with all its children, that can be killed and started again."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self._arguments = arguments
        self._environment = environment
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a group of its own."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *self._arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it and its children, at whatever they are doing."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    async def end(self) -> None:
        """Ask it to end, and wait until it did."""
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 15)
            self._process = None

    def workers(self) -> list[int]:
        """Return the processes that it shares its work among."""
        if self._process is None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [
            int(child)
            for child in children.read_text().split()
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    @property
    def runs(self) -> bool:
        """Tell whether it runs."""
        return self._process is not None and self._process.poll() is None


@dataclass(frozen=True)
class Server:
    """A server that keeps its address for life."""

    process: Process
    address: str

    async def start(self) -> None:
        """Start it and wait until it is ready.

        :raises RuntimeError: if it ends instead.
        """
        self.process.start()
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while True:
                with suppress(httpx.HTTPError):
                    (await client.get(f"http://{self.address}/readyz")).raise_for_status()
                    return
                if not self.process.runs:
                    raise RuntimeError(f"the server at {self.address} has ended")
                await asyncio.sleep(0.05)


def server(
    database_url: str, folder: Path, *, workers: int = 1, notify: bool = True, **chosen: object
) -> Server:
    """Describe a server of the course, on a free port; ``chosen`` are more of its settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = settings_of(database_url, port=port, workers=workers, log_level="warning", **chosen)
    environment = _without_settings() | as_environment(settings)
    arguments = _SERVE if notify else _SERVE_DEAF
    log = folder / f"server-{port}.log"
    return Server(Process(arguments, environment, log), f"127.0.0.1:{port}")


def writer(database_url: str, folder: Path, seed: int) -> Process:
    """Describe a process that records scores until it is killed."""
    arguments = ("-m", "tests.delivery.writer", database_url, str(seed))
    return Process(arguments, _without_settings(), folder / f"writer-{seed}.log")


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "COURSEGRADE_" not in name}
