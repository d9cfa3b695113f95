"""The processes of a run, and what is done to them."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from db.migrate import migrate
from db.sql import fetch
from tests.delivery.postgres_crash import crash_and_restart, lasting_database
from tests.delivery.processes import Process, Server, server, writer


@dataclass(frozen=True)
class Plan:
    """How much of what. ``postgres`` is the beginning of a private server's URLs."""

    events: int
    subscribers: int
    writers: int
    folder: Path
    postgres: str | None = None
    notify: bool = True
    outage: float = 1.0  # seconds that the database is away
    seed: int = 1


@dataclass
class Stage:
    """All processes, and what can be done to them."""

    plan: Plan
    url: str
    data: str | None
    servers: list[Server]
    writers: list[Process]
    writer_seeds: Callable[[], int]

    async def kill_a_writer(self) -> None:
        """Kill a writer and start another one."""
        self.writers.pop(0).kill()
        self._add_writer()

    async def kill_a_server(self, number: int = 0) -> None:
        """Kill a server with all its workers, and start it at the same address."""
        self.servers[number].process.kill()
        await asyncio.sleep(0.3)
        await self.servers[number].start()

    async def end_a_server(self) -> None:
        """Ask a server to end, as an operator does, and start it again."""
        await self.servers[0].process.end()
        await self.servers[0].start()

    async def kill_a_worker(self) -> None:
        """Kill one of the processes that a server consists of."""
        os.kill(self.servers[-1].process.workers()[0], signal.SIGKILL)

    async def crash_the_database(self) -> None:
        """Stop PostgreSQL without a shutdown, and start it again."""
        assert self.data is not None
        await asyncio.to_thread(crash_and_restart, self.data, self.plan.outage)

    def _add_writer(self) -> None:
        added = writer(self.url, self.plan.folder, self.writer_seeds())
        added.start()
        self.writers.append(added)

    def add_writers(self) -> None:
        """Start the writers."""
        for _ in range(self.plan.writers):
            self._add_writer()

    def kill_all(self) -> None:
        """Kill whatever runs."""
        for each in (*self.writers, *(one.process for one in self.servers)):
            each.kill()

    def ended_writers(self) -> list[str]:
        """Tell which writers have ended by themselves."""
        return [f"a writer has ended: {each.log}" for each in self.writers if not each.runs]

    async def listeners(self) -> int:
        """Count the processes that listen to PostgreSQL's notifications."""
        if self.data is None:
            return 0
        ((count,),) = await fetch(
            "select count(*) from pg_stat_activity where application_name = 'coursegrade wake-up'"
        )
        return int(count)

    def trials(self) -> list[Callable[[], Awaitable[None]]]:
        """Return what happens, in this order, spread over the run."""
        if self.data is None:
            return [
                self.kill_a_writer,
                self.kill_a_server,
                self.end_a_server,
                self.kill_a_writer,
                self.kill_a_server,
            ]
        return [
            self.kill_a_writer,
            self.kill_a_server,
            self.crash_the_database,
            *([self.kill_a_worker] if self.plan.notify else []),
            lambda: self.kill_a_server(1),
            self.end_a_server,
            self.crash_the_database,
            self.kill_a_writer,
        ]


async def stage_of(plan: Plan) -> Stage:
    """Make the database, and describe the servers on it."""
    if plan.postgres is None:
        url, data = f"sqlite:///{plan.folder / 'grades.sqlite3'}", None
        servers = [server(url, plan.folder)]
    else:
        url, data = await lasting_database(plan.postgres)
        servers = [
            server(url, plan.folder, notify=plan.notify),
            server(url, plan.folder, notify=plan.notify, workers=2 if plan.notify else 1),
        ]
    await migrate(url)
    seeds = iter(range(plan.seed, plan.seed + 1_000_000))
    return Stage(plan, url, data, servers, [], lambda: next(seeds))
