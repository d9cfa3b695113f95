"""The servers of a fan-out, each with its subscribers: CourseGrade and other applications."""

import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.classroom import COURSE
from bench.fanout_client import PATIENCE, Audience, Listener
from bench.processes import cpu_seconds, free_port, running
from bench.targets import SERVE, production, staff_headers
from server.serve import as_environment

SUBSCRIBE: Final = """
subscription Changes($course: CourseKey!) {
  courseGradeChanged(courseKey: $course) {
    id cursor occurredAt learner { username }
    before { percent letterGrade passed } after { percent letterGrade passed }
  }
}
"""
_IDLE: Final = 0.05  # the share of its core that a server uses when it waits
_GLANCE: Final = 0.3  # seconds
# Sockets are treated as CourseGrade's are.
_UVICORN: Final = (
    "import sys, uvicorn; uvicorn.run(sys.argv[1], factory=True, port=int(sys.argv[2]),"
    " log_level='warning', access_log=False, ws='websockets-sansio', ws_per_message_deflate=False)"
)


@dataclass(frozen=True)
class Server:
    """A server process, and who listens to it."""

    pid: int
    audience: Audience

    def subscribe(self, count: int) -> None:
        """Open sockets, each with a subscription under an id of its own, and wait for them."""
        query = {"query": SUBSCRIBE, "variables": {"course": COURSE}}
        for _ in range(count):
            listener = Listener(self.audience.port, self.audience.path)
            listener.send({"type": "connection_init", "payload": dict(self.audience.headers)})
            listener.receive()
            listener.send({"id": str(uuid.uuid4()), "type": "subscribe", "payload": query})
            self.audience.add(listener)
        self._wait_until_idle()

    def listen(self, count: int) -> None:
        """Open sockets, and ask for nothing."""
        for _ in range(count):
            self.audience.add(Listener(self.audience.port, self.audience.path))

    def _wait_until_idle(self) -> None:
        # Then it has begun all of the subscriptions.
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            before = cpu_seconds(self.pid)
            time.sleep(_GLANCE)
            if cpu_seconds(self.pid) - before < _IDLE * _GLANCE:
                return
        raise SystemExit("A server is busy long after the last subscription.")


@contextmanager
def ours(url: str, subscribers: int, log: Path, command: Sequence[str] = SERVE) -> Iterator[Server]:
    """Run CourseGrade as an operator does, with as many sockets as are needed."""
    settings = production(url, free_port(), sockets=subscribers + 1)
    audience = Audience(settings.port, "/graphql", staff_headers(settings))
    with _running(command, as_environment(settings), audience, log) as server:
        yield server


@contextmanager
def application(name: str, path: str, log: Path) -> Iterator[Server]:
    """Run another application under uvicorn."""
    audience = Audience(free_port(), path)
    command = [sys.executable, "-c", _UVICORN, name, str(audience.port)]
    with _running(command, {}, audience, log) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], settings: Mapping[str, str], audience: Audience, log: Path
) -> Iterator[Server]:
    with (
        log.open("wb") as output,
        closing(audience),
        running(command, audience.port, settings=settings, output=output) as pid,
    ):
        yield Server(pid, audience)
