"""Delivers in a process of its own until it is killed: `... deliver_apart URL LEASE_SECONDS`."""

import asyncio
import sys
from datetime import timedelta

import resolvers.delivering
from db.connection import connected
from tests.webhooks.running import delivering


async def main(url: str, lease: str) -> None:
    """Deliver for ever."""
    resolvers.delivering.LEASE = timedelta(seconds=float(lease))  # type: ignore[misc]
    async with connected(url), delivering():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
