"""Measure and print Markdown tables: the workloads, reading, the event log."""

import argparse
import asyncio

import uvloop

from bench import (
    event_log,
    fanout,
    gradebook,
    oulad,
    publication,
    reading,
    regrading,
    requests,
)
from bench.answers import AnswersDiffer
from bench.databases import empty_database
from bench.measure import machine, row
from bench.results import Result, spending, table
from bench.rounds import QUICK, Plan
from bench.subject import FANOUT, REGRADE
from bench.workloads import WORKLOADS

ENGINES = ("sqlite", "postgres")
ALL, LOG = "workloads", "log"
NAMES = (*WORKLOADS, FANOUT.name, REGRADE.name)
SUBSECTIONS = 30
ALL_OF_OULAD = 32_593  # enrollments, here in one course


async def _measure_reading(engine: str) -> None:
    row("workload", "size", "time", "")
    row("---", "---", "--:", "---")
    async with empty_database(engine):
        await reading.measure(1_000, SUBSECTIONS)
    async with empty_database(engine):
        await gradebook.measure(ALL_OF_OULAD, 14)
    async with empty_database(engine):
        await oulad.measure()


def _measure_workloads(engine: str, names: list[str], plan: Plan) -> list[Result]:
    results = []
    try:
        if answered := [name for name in names if name in WORKLOADS]:
            results += asyncio.run(requests.measure(engine, answered, plan))
        if FANOUT.name in names:
            results += asyncio.run(fanout.measure(engine, plan))
    except AnswersDiffer as difference:
        raise SystemExit(str(difference)) from None
    if REGRADE.name in names:
        results.append(uvloop.run(regrading.measure(engine, plan)))
    print(f"{table(results)}\n\n{spending(results)}")
    return results


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="*",
        metavar="|".join((ALL, LOG, *ENGINES)),
        help="what to measure, reading if nothing; and the engines, both if none",
    )
    of_workloads = parser.add_argument_group(ALL)
    of_workloads.add_argument(
        "--only", nargs="+", choices=NAMES, default=list(NAMES), help="these workloads"
    )
    of_workloads.add_argument("--quick", action="store_true", help="less of everything")
    of_workloads.add_argument(
        "--publish", action="store_true", help="put tables and charts into bench/"
    )
    asked = parser.parse_args()
    if unknown := set(asked.what) - {ALL, LOG, *ENGINES}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if asked.publish and asked.only != list(NAMES):
        parser.error("--publish puts whole tables in place: it goes without --only")
    return asked


def main() -> None:
    """Measure what is named on the engines named, or on both."""
    asked = _asked()
    plan = QUICK if asked.quick else Plan()
    print(machine())
    for engine in [one for one in ENGINES if one in asked.what] or ENGINES:
        print(f"\n## {engine}\n", flush=True)
        if ALL in asked.what:
            results = _measure_workloads(engine, asked.only, plan)
            publication.keep(engine, results, plan, public=asked.publish)
        if LOG in asked.what:
            asyncio.run(event_log.measure(engine))
        if not {ALL, LOG} & set(asked.what):
            asyncio.run(_measure_reading(engine))


if __name__ == "__main__":
    main()
