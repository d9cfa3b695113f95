"""The wish to end, by Ctrl-C or SIGTERM, as an event that work in a loop can look at."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruption() -> Iterator[asyncio.Event]:
    """Give an event that is set by the first signal to end; the second ends at once."""
    loop = asyncio.get_running_loop()
    wished = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)

    def forget() -> None:
        for number in signals:
            loop.remove_signal_handler(number)

    def wish() -> None:
        wished.set()
        forget()

    for number in signals:
        loop.add_signal_handler(number, wish)
    try:
        yield wished
    finally:
        forget()
