"""Wake-ups when another process has written into the SQLite file."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from events.trouble import Trouble
from events.waker import Wakeable

LOOK_INTERVAL: Final = 0.02  # seconds


class SqliteWaker:
    """Watches a number that SQLite changes with each commit of another connection."""

    def __init__(self, path: Path) -> None:
        self._url = f"{path.absolute().as_uri()}?mode=ro"

    def announce(self) -> None:
        """Do nothing: the others watch the file."""

    async def run(self, tail: Wakeable[Any]) -> None:
        """Watch until cancelled; open the file again after an error."""
        trouble = Trouble("watching the SQLite file")
        while True:
            try:
                await self._watch(tail, trouble)
            except sqlite3.Error as error:
                await trouble.wait_out(error)

    async def _watch(self, tail: Wakeable[Any], trouble: Trouble) -> None:
        with closing(sqlite3.connect(self._url, uri=True, timeout=0)) as connection:
            seen = None
            while True:
                # Microseconds, and never a wait for a writer: a thread would cost more.
                (version,) = connection.execute("pragma data_version").fetchone()
                trouble.is_over()
                if version != seen:
                    seen = version
                    tail.wake()
                await asyncio.sleep(LOOK_INTERVAL)
