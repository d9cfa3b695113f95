"""Short reads of a SQLite file in the event loop's own thread, without a hop to another one."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Final, TypeVar

from db.sqlite_thread import Work

T = TypeVar("T")

STRIDE: Final = 1_000  # instructions of SQLite's machine after which it is asked to go on
STRIDES: Final = 80  # for one read, and for one turn of the loop: about 5 ms
PATIENCE: Final = 0.01  # seconds for one read: a disk may be slow where the machine is not
PAUSE: Final = 10  # how often a query that took too long is not tried again
QUERIES: Final = 512  # kept prepared, and kept in mind because they took too long


class DirectReader:
    """A connection that only reads, for the loop that opened it, which stands still meanwhile."""

    def __init__(self, file_path: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._taken = 0  # strides in this turn of the loop
        self._last = 0  # the stride that the present read may not go beyond
        self._deadline = 0.0
        self._pauses: dict[str, int] = {}
        self._db = sqlite3.connect(
            f"{Path(file_path).absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=0,
            isolation_level=None,
            cached_statements=QUERIES,
            check_same_thread=False,
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA query_only=ON")
        self._db.set_progress_handler(self._takes_too_long, STRIDE)

    def may_read(self, sql: str) -> bool:
        """Tell whether to try `sql` here: in this loop, unless it took too long lately."""
        pause = self._pauses.pop(sql, 0) if self._pauses else 0
        if pause > 1:
            self._pauses[sql] = pause - 1
        return not pause and asyncio.get_running_loop() is self._loop

    async def read(self, sql: str, work: Work[T]) -> T:
        """Do `work` with `sql` if it is short.

        :raises sqlite3.Error: if it is not, or fails: then it is to be done in a thread, which
            has the time, waits for others, and tells what is wrong.
        """
        # To those who wait for the loop, many short reads in one turn of it are a long one.
        while self._taken >= STRIDES:  # noqa: ASYNC110
            await asyncio.sleep(0)
        if not self._taken:
            self._loop.call_soon(self._begin_turn)
        self._taken += 1
        self._last = self._taken + STRIDES
        self._deadline = time.monotonic() + PATIENCE
        try:
            return work(self._db)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                self._pause(sql)
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _begin_turn(self) -> None:
        self._taken = 0

    def _takes_too_long(self) -> bool:
        self._taken += 1
        return self._taken > self._last or time.monotonic() > self._deadline

    def _pause(self, sql: str) -> None:
        if len(self._pauses) == QUERIES:
            self._pauses.clear()
        self._pauses[sql] = PAUSE
