"""Measure and print Markdown tables: grading and reading, a fan-out, the event log."""

import argparse
import asyncio

from bench import event_log, fanout, gradebook, oulad, reading, regrading
from bench.databases import empty_database
from bench.measure import machine, row

ENGINES = ("sqlite", "postgres")
FANOUT, LOG = "fanout", "log"
LEARNERS, SUBSECTIONS = 10_000, 30
ALL_OF_OULAD = 32_593  # enrollments, here in one course


async def _measure_grading(engine: str) -> None:
    row("workload", "size", "time", "")
    row("---", "---", "--:", "---")
    async with empty_database(engine):
        await regrading.measure(LEARNERS, SUBSECTIONS)
    async with empty_database(engine):
        await reading.measure(1_000, SUBSECTIONS)
    async with empty_database(engine):
        await gradebook.measure(ALL_OF_OULAD, 14)
    async with empty_database(engine):
        await oulad.measure()


def main() -> None:
    """Measure what is named on the engines named, or on both."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="*",
        metavar="|".join((FANOUT, LOG, *ENGINES)),
        help="what to measure, grading and reading if nothing; and the engines, both if none",
    )
    parser.add_argument("--subscribers", type=int, default=1_000, help="of the fan-out")
    asked = parser.parse_args()
    if unknown := set(asked.what) - {FANOUT, LOG, *ENGINES}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    print(machine())
    for engine in [one for one in ENGINES if one in asked.what] or ENGINES:
        print(f"\n## {engine}\n")
        if FANOUT in asked.what:
            asyncio.run(fanout.measure(engine, asked.subscribers))
            print()
        if LOG in asked.what:
            asyncio.run(event_log.measure(engine))
        if not {FANOUT, LOG} & set(asked.what):
            asyncio.run(_measure_grading(engine))


if __name__ == "__main__":
    main()
