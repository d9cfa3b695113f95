"""Work for a client, for as long as it waits, and as many as there is room for."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from server.refusals import RETRY_AFTER, Refused

T = TypeVar("T")


class Room:
    """For how many operations at a time there is room in this process."""

    def __init__(self, operations: int) -> None:
        self._operations = operations
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Take a place for the length of a block.

        :raises Refused: if there is none.
        """
        if self.taken >= self._operations:
            message = f"The server is busy with {self._operations} operations: try again soon."
            raise Refused(503, "OVERLOADED", message, {"Retry-After": RETRY_AFTER})
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


async def while_present(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Return the outcome of the work; cancel it, and wait for its end, if the client leaves.

    :raises ClientDisconnect: if the client left.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
