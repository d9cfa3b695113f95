"""Waiting for several things at once."""

from asyncio import gather
from collections.abc import Awaitable
from typing import Any


async def together(*awaitables: Awaitable[Any]) -> list[Any]:
    """Await all, even where one fails: a loader's future is not cancelled under who shares it.

    :raises BaseException: the first of them.
    """
    values = await gather(*awaitables, return_exceptions=True)
    for value in values:
        if isinstance(value, BaseException):
            raise value
    return values
