"""Measuring, and saying what was measured on which machine."""

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path


async def median_ms(work: Callable[[], Awaitable[object]], runs: int) -> float:
    """Run something some times after a warm-up; return the median in milliseconds."""
    await work()
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        await work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def machine() -> str:
    """Name the machine and what runs on it."""
    cpu = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    return (
        f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def row(*cells: object) -> None:
    """Print a row of a Markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
