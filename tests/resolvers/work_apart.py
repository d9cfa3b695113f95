"""Works on jobs in a process of its own until it is killed: `... work_apart URL LEASE_SECONDS`."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import resolvers.job_running
from db.connection import connected
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.job_running import run_chunk


async def main(url: str, lease: str) -> None:
    """Do chunks, and look for more."""
    resolvers.job_running.LEASE = timedelta(seconds=float(lease))  # type: ignore[misc]
    worker = Viewer("a worker", global_staff=True)
    async with connected(url):
        while True:
            context = Context(worker, now=lambda: datetime.now(UTC))
            if not await run_chunk(context):
                await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
