"""Server processes to measure: started on a core of their own, awaited, and ended."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

PATIENCE: Final = 60.0  # seconds
SERVERS: Final = 0  # the core that servers run on
LOAD: Final = 1  # that of the load and PostgreSQL
ROOT: Final = Path(__file__).parent.parent


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """Stay on one core inside the block; processes started there stay on it for good."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {number} & before or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    settings: Mapping[str, str],
    folder: Path = ROOT,
    output: IO[bytes] | None = None,
) -> Iterator[int]:
    """Run a server on its core until it listens; give its process id, and end it."""
    environment = {name: value for name, value in os.environ.items() if "COURSEGRADE_" not in name}
    with on_core(SERVERS):
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, **settings},
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(process, port)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until a process listens on a port.

    :raises ConnectionRefusedError: if it ends before, or does not within a minute.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def cpu_seconds(pid: int) -> float:
    """Return what all threads of a process have used."""
    nanoseconds = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        nanoseconds += int((thread / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
