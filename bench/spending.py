"""On what CourseGrade spends its processor time, by package, from a server under the profiler."""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.processes import PATIENCE

Spent = Mapping[str, float]  # seconds by package

_LITTLE: Final = 0.03  # shares below are said together


@contextmanager
def profiled() -> Iterator[tuple[list[str], Callable[[int, Callable[[], object]], Spent]]]:
    """Give the command of a server, and a way to have its process do something and say on what."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spent.json"

        def spent(pid: int, work: Callable[[], object]) -> Spent:
            os.kill(pid, signal.SIGUSR1)
            work()
            os.kill(pid, signal.SIGUSR1)
            return _read(file)

        yield [sys.executable, "-m", "bench.profiled", str(file)], spent


def _read(file: Path) -> Spent:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            found: Spent = json.loads(file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return found


def shares(spent: Spent) -> str:
    """Say the shares, the largest first."""
    whole = sum(spent.values())
    ordered = sorted(spent.items(), key=lambda each: -each[1])
    said = [f"{name} {one / whole:.0%}" for name, one in ordered if one >= _LITTLE * whole]
    rest = sum(one for one in spent.values() if one < _LITTLE * whole)
    return ", ".join([*said, f"others {rest / whole:.0%}"] if rest else said)
