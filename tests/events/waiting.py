"""Waiting that fails instead of hanging."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 30.0  # seconds: nothing is measured, so far more than anything needs


async def soon(awaitable: Awaitable[T]) -> T:
    """Return what is awaited."""
    return await asyncio.wait_for(awaitable, PATIENCE)


async def until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)
