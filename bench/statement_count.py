"""How many statements PostgreSQL is sent for a request, by its own log."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.databases import run_script, setting_of

_STATEMENT: Final = re.compile(
    r"^\S+ \S+ \S+ \[\d+\] LOG:  (?:statement|execute [^:]+): ", re.MULTILINE
)
_REQUESTS: Final = 7
_PAUSE: Final = 0.05  # seconds in which a server sends what the answer did not wait for

Count = Callable[[Callable[[], object]], int]


@contextmanager
def statements_logged(url: str) -> Iterator[Count]:
    """Have a cluster of our own log its statements; give a way to count those of a request."""
    data = Path(setting_of(url, "data_directory"))
    log = data.parent / "log"
    run_script(url, "alter system set log_statement = 'all'")
    run_script(url, "select pg_reload_conf()")
    time.sleep(_PAUSE)
    try:
        yield lambda request: _count(log, request)
    finally:
        run_script(url, "alter system reset log_statement")
        run_script(url, "select pg_reload_conf()")


def _count(log: Path, request: Callable[[], object]) -> int:
    # The least of some: now and then a server asks something on its own account.
    counts = []
    for _ in range(_REQUESTS):
        time.sleep(_PAUSE)
        before = log.stat().st_size
        request()
        with log.open("rb") as lines:
            lines.seek(before)
            counts.append(len(_STATEMENT.findall(lines.read().decode(errors="replace"))))
    return min(counts)
