"""A try whether notifications arrive: a pooler between us and PostgreSQL may swallow them."""

import asyncio
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]

from events.postgres_session import postgres_session

PATIENCE = 2.0  # seconds


async def notification_arrives(url: str) -> bool:
    """Tell whether what one connection says is heard by another, on a channel of their own."""
    channel = f"coursegrade_doctor_{uuid4().hex}"
    heard = asyncio.Event()
    try:
        async with (
            asyncio.timeout(2 * PATIENCE),
            postgres_session(url, "coursegrade doctor") as listening,
            postgres_session(url, "coursegrade doctor") as speaking,
        ):
            await listening.connection.add_listener(channel, lambda *_: heard.set())
            await speaking.connection.execute(f"notify {channel}")
            async with asyncio.timeout(PATIENCE):
                await heard.wait()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True
