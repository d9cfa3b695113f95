"""The time between the signal to stop and the end: streams that never end by themselves do."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class Drain:
    """Whether the process is about to end."""

    def __init__(self) -> None:
        self._began = asyncio.Event()

    @property
    def began(self) -> bool:
        """Tell whether nothing new should begin."""
        return self._began.is_set()

    def begin(self) -> None:
        """Have every stream end."""
        self._began.set()

    async def wait(self, at_most: float | None = None) -> None:
        """Wait until it begins, or for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await self._began.wait()

    @contextmanager
    def begun_by_signals(self) -> Iterator[None]:
        """Begin at SIGTERM and SIGINT, before whoever handles them does what it does.

        Without this the server waits for streams to end, and they for the server.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        handlers = {
            number: handler
            for number in (signal.SIGTERM, signal.SIGINT)
            if callable(handler := signal.getsignal(number))
        }

        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.begin)
            handlers[signal.Signals(number)](number, frame)

        for number in handlers:
            signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
