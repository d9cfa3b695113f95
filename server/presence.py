"""Work for a client, for as long as it waits, and as many as there is room for."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from server.refusals import RETRY_AFTER, Refused

T = TypeVar("T")

SOON: Final = 0.005  # seconds


class Room:
    """For how many operations at a time there is room in this process."""

    def __init__(self, operations: int) -> None:
        self._operations = operations
        self.taken = 0

    def __enter__(self) -> None:
        """Take a place for the length of a block.

        :raises Refused: if there is none.
        """
        if self.taken >= self._operations:
            message = f"The server is busy with {self._operations} operations: try again soon."
            raise Refused(503, "OVERLOADED", message, {"Retry-After": RETRY_AFTER})
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self.taken -= 1


async def while_present(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Return the outcome of the work; cancel it, and wait for its end, if the client leaves.

    :raises ClientDisconnect: if the client left.
    """
    watch = _Watch(receive)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.has_ended_the_work():
            raise ClientDisconnect from None
        raise
    finally:
        watch.stop()


class _Watch:
    """Cancels the task that it was made in if the client leaves."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._working = asyncio.current_task()
        self._left = False
        self._watching: asyncio.Task[None] | None = None
        # Most work is done before it is worth a look.
        self._soon = asyncio.get_running_loop().call_later(SOON, self._begin)

    def has_ended_the_work(self) -> bool:
        """Tell whether it is for the client, and nothing else, that the work was cancelled."""
        return self._left and self._working is not None and self._working.uncancel() == 0

    def stop(self) -> None:
        """Watch no longer."""
        self._soon.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        await _left(self._receive)
        self._left = True
        if self._working is not None:
            self._working.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
