"""The whole product in a process of its own, as a person starts it, on a port of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

MAIN = Path(__file__).parents[1] / "main.py"
PATIENCE = 60  # seconds until a server must be ready; on a busy machine imports take their time


@dataclass(frozen=True)
class LiveServer:
    """A server that is ready: where it is, its process, and the file that it logs to."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(folder: Path, *arguments: str, **variables: str) -> Iterator[LiveServer]:
    """Run ``main.py serve`` in a folder, with these settings and no others, until it is ready.

    :raises RuntimeError: with its log, if it ends or is not ready in time.
    """
    port = _free_port()
    inherited = {name: value for name, value in os.environ.items() if "COURSEGRADE_" not in name}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(MAIN), "serve", "--port", str(port), *arguments],
            cwd=folder,
            env=inherited | variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        server = LiveServer(f"http://127.0.0.1:{port}", process, log)
        _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A development server with the demonstration course: its address, without a slash at the end.

    One for the whole run: what a test writes, the others see.
    """
    folder = tmp_path_factory.mktemp("live")
    with serving(folder, "--demo", "--database-url", "sqlite:///demo.sqlite3") as server:
        yield server.url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: LiveServer) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        try:
            if httpx.get(f"{server.url}/readyz", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"the server is not ready:\n{server.log.read_text(errors='replace')}")
