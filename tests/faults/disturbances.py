"""What is done to a server and its database while they are at work."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Final

import asyncpg  # type: ignore[import-untyped]

from tests.delivery.postgres_crash import crash_and_restart
from tests.faults.flood import flood
from tests.faults.target import Target

_HELD: Final = 1.5  # seconds that something is kept from the server


@dataclass(frozen=True)
class Disturbances:
    """Each is over when it returns, but for what the server has to mend by itself."""

    target: Target
    chance: random.Random

    def all(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Return what can be done on this engine, by name."""
        anywhere = {"kill the server": self.kill_the_server, "flood": self.flood}
        if self.target.data is None:
            return {**anywhere, "hold the writer's lock": self.hold_the_lock_of_sqlite}
        return {
            "kill a worker": self.kill_a_worker,
            "crash PostgreSQL": self.crash_the_database,
            "fill the pools": self.fill_the_pools,
            "stop PostgreSQL fast": self.restart_the_database,
            "cut all connections": self.cut_connections,
            "take all connections": self.take_all_connections,
            "kill all workers": self.kill_all_workers,
            "start without PostgreSQL": self.start_a_worker_without_the_database,
            **anywhere,
        }

    async def kill_the_server(self) -> None:
        """Kill it with all its workers; whoever watches over it starts it again."""
        self.target.server.process.kill()
        await asyncio.sleep(self.chance.uniform(0, 0.5))
        await self.target.server.start()

    async def kill_a_worker(self) -> None:
        """Kill one of the processes that serve; uvicorn has to start another."""
        workers = self.target.server.process.workers()
        if workers:  # else those that were killed before have not been replaced yet
            os.kill(self.chance.choice(workers), signal.SIGKILL)

    async def kill_all_workers(self) -> None:
        """Kill all of them at the same moment."""
        for worker in self.target.server.process.workers():
            os.kill(worker, signal.SIGKILL)

    async def flood(self) -> None:
        """Send more than can be served, most of it nonsense."""
        await flood(self.target, self.chance, 2 * _HELD)

    async def crash_the_database(self) -> None:
        """Stop PostgreSQL without a shutdown, and start it again."""
        await self._stop_and_start("immediate")

    async def restart_the_database(self) -> None:
        """Stop PostgreSQL as an administrator in a hurry does, and start it again."""
        await self._stop_and_start("fast")

    async def _stop_and_start(self, mode: str) -> None:
        assert self.target.data is not None
        away = self.chance.uniform(0, _HELD)
        await asyncio.to_thread(crash_and_restart, self.target.data, away, mode)

    async def start_a_worker_without_the_database(self) -> None:
        """Kill a worker while PostgreSQL is away, and for longer than another takes to start."""
        assert self.target.data is not None

        async def kill() -> None:
            await asyncio.sleep(_HELD / 2)
            await self.kill_a_worker()

        away = asyncio.to_thread(crash_and_restart, self.target.data, 3 * _HELD, "fast")
        await asyncio.gather(away, kill())

    async def cut_connections(self) -> None:
        """End all of the server's connections, in whatever transaction they are."""
        async with self.target.administrator() as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    async def fill_the_pools(self) -> None:
        """Let everybody who reads or writes a grade wait for a lock, while more and more come."""
        async with self.target.administrator() as connection, connection.transaction():
            # Whoever has a row's lock and waits for ours may be thrown out: never let it be us.
            await connection.execute("set local deadlock_timeout = '1min'")
            await connection.execute("lock table course in access exclusive mode")
            await flood(self.target, self.chance, _HELD)

    async def take_all_connections(self) -> None:
        """Leave PostgreSQL with no connection for anybody, and cut those that are there."""
        async with AsyncExitStack() as stack:
            await self.cut_connections()
            with suppress(asyncpg.PostgresError, OSError):
                while True:
                    await stack.enter_async_context(self.target.administrator())
            await asyncio.sleep(_HELD)

    async def hold_the_lock_of_sqlite(self) -> None:
        """Be another process that writes to the file, and takes its time."""

        def hold() -> None:
            connection = sqlite3.connect(
                self.target.url.removeprefix("sqlite:///"), timeout=10, isolation_level=None
            )
            try:
                connection.execute("begin immediate")
                time.sleep(_HELD)
                connection.execute("rollback")
            finally:
                connection.close()

        await asyncio.to_thread(hold)
