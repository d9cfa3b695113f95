"""`python -m bench [sqlite|postgres ...]`: measure and print Markdown tables."""

import asyncio
import sys

from bench import oulad, reading, regrading
from bench.databases import empty_database
from bench.measure import machine, row

ENGINES = ("sqlite", "postgres")
LEARNERS, SUBSECTIONS = 10_000, 30


async def _measure(engine: str) -> None:
    print(f"\n## {engine}\n")
    row("workload", "size", "time", "")
    row("---", "---", "--:", "---")
    async with empty_database(engine):
        await regrading.measure(LEARNERS, SUBSECTIONS)
    async with empty_database(engine):
        await reading.measure(1_000, SUBSECTIONS)
    async with empty_database(engine):
        await oulad.measure()


def main() -> None:
    """Measure on the engines named, or on both."""
    engines = sys.argv[1:] or ENGINES
    if unknown := set(engines) - set(ENGINES):
        raise SystemExit(f"Unknown engine: {', '.join(sorted(unknown))}.")
    print(machine())
    for engine in engines:
        asyncio.run(_measure(engine))


if __name__ == "__main__":
    main()
