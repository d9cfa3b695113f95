"""Where log entries go: those of operations together, everything else at once."""

import asyncio
import logging
from typing import Final, TextIO

MOMENT: Final = 0.01  # seconds that an operation's entry may wait for others


class GatheringHandler(logging.StreamHandler[TextIO]):
    """Writes the entries of operations that end in the same moment together, in order.

    For each write the system is called, which takes longer than all else about an entry. What
    is no operation's, or more than information, waits for nothing, nor does what is before it.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._wakes: asyncio.AbstractEventLoop | None = None
        self._last: logging.LogRecord | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record))
        except Exception:  # noqa: BLE001 - a faulty entry is told as logging does
            self.handleError(record)
            return
        self._last = record
        may_wait = record.levelno < logging.WARNING and hasattr(record, "fields")
        if not (may_wait and self._is_woken()):
            self.flush()

    def flush(self) -> None:
        self.acquire()
        try:
            if self._lines and self._last is not None:
                text = self.terminator.join((*self._lines, ""))
                self._lines.clear()
                self._write(text, self._last)
        finally:
            self.release()

    def _write(self, text: str, last: logging.LogRecord) -> None:
        try:
            self.stream.write(text)
            super().flush()
        except Exception:  # noqa: BLE001 - a log that is gone must not end what is logged
            self.handleError(last)

    def _is_woken(self) -> bool:
        """Tell whether the entries will be written in a moment, which takes an event loop."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if self._wakes is not loop:
            self._wakes = loop
            loop.call_later(MOMENT, self._wake)
        return True

    def _wake(self) -> None:
        self._wakes = None
        self.flush()
