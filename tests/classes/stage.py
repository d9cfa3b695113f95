"""The servers of a run, which do the work, and the kills that they suffer."""

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.serve import as_environment
from tests.delivery.processes import Process, Server
from tests.server.live_server import settings_of

_WORKERS: Final = 2
_CALM: Final = (1.0, 5.0)  # seconds between two kills


@dataclass(frozen=True)
class Plan:
    """How large a class. ``postgres`` is the URL of an empty database; ``lease`` in seconds."""

    learners: int
    subsections: int
    postgres: str
    folder: Path
    lease: float = 10.0
    idle: float = 10.0  # seconds that latencies are taken for before the jobs, and after
    seed: int = 1


@dataclass
class Stage:
    """Two servers of one process each, and how often one was killed."""

    servers: list[Server]
    kills: int = 0

    @property
    def addresses(self) -> list[str]:
        """Where the servers are."""
        return [each.address for each in self.servers]

    def kill_all(self) -> None:
        """Kill whatever runs."""
        for each in self.servers:
            each.process.kill()

    @asynccontextmanager
    async def kills_now_and_then(self, chance: random.Random) -> AsyncIterator[None]:
        """Kill one after another at any moment for the length of a block; then all serve again."""
        task = asyncio.create_task(self._kill_now_and_then(chance))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            for each in self.servers:
                if not each.process.runs:
                    await each.start()

    async def _kill_now_and_then(self, chance: random.Random) -> None:
        while True:
            await asyncio.sleep(chance.uniform(*_CALM))
            victim = chance.choice(self.servers)
            victim.process.kill()
            self.kills += 1
            await victim.start()


def stage_of(plan: Plan) -> Stage:
    """Describe the servers of a plan."""
    return Stage([_server(plan) for _ in range(_WORKERS)])


def _server(plan: Plan) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = settings_of(plan.postgres, port=port, log_level="warning")
    others = {name: value for name, value in os.environ.items() if "COURSEGRADE_" not in name}
    arguments = ("-m", "tests.classes.impatient_server", str(plan.lease))
    log = plan.folder / f"server-{port}.log"
    return Server(Process(arguments, others | as_environment(settings), log), f"127.0.0.1:{port}")
