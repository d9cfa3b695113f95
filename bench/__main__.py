"""Measure and print Markdown tables: grading and reading, requests, a fan-out, the event log."""

import argparse
import asyncio

from bench import event_log, fanout, gradebook, oulad, publication, reading, regrading, requests
from bench.answers import AnswersDiffer
from bench.databases import empty_database
from bench.measure import machine, row
from bench.results import Result, table
from bench.rounds import Plan
from bench.workloads import WORKLOADS

ENGINES = ("sqlite", "postgres")
REQUESTS, FANOUT, LOG = "requests", "fanout", "log"
LEARNERS, SUBSECTIONS = 10_000, 30
ALL_OF_OULAD = 32_593  # enrollments, here in one course
QUICK = Plan(rounds=2, seconds=1.0, warm_up=0.5)


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


def _measure_requests(engine: str, asked: argparse.Namespace) -> list[Result]:
    plan = QUICK if asked.quick else Plan()
    try:
        results = asyncio.run(requests.measure(engine, asked.only, plan))
    except AnswersDiffer as difference:
        raise SystemExit(str(difference)) from None
    print(table(results))
    return results


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="*",
        metavar="|".join((REQUESTS, FANOUT, LOG, *ENGINES)),
        help="what to measure, grading and reading if nothing; and the engines, both if none",
    )
    parser.add_argument("--subscribers", type=int, default=1_000, help="of the fan-out")
    of_requests = parser.add_argument_group("requests")
    of_requests.add_argument(
        "--only", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="these workloads"
    )
    of_requests.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    of_requests.add_argument(
        "--publish", action="store_true", help="put tables and chart into bench/"
    )
    asked = parser.parse_args()
    if unknown := set(asked.what) - {REQUESTS, FANOUT, LOG, *ENGINES}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return asked


def main() -> None:
    """Measure what is named on the engines named, or on both."""
    asked = _asked()
    results = []
    print(machine())
    for engine in [one for one in ENGINES if one in asked.what] or ENGINES:
        print(f"\n## {engine}\n", flush=True)
        if REQUESTS in asked.what:
            results += _measure_requests(engine, asked)
        if FANOUT in asked.what:
            asyncio.run(fanout.measure(engine, asked.subscribers))
            print()
        if LOG in asked.what:
            asyncio.run(event_log.measure(engine))
        if not {REQUESTS, FANOUT, LOG} & set(asked.what):
            asyncio.run(_measure_grading(engine))
    if results:
        publication.keep(results, QUICK if asked.quick else Plan(), public=asked.publish)


if __name__ == "__main__":
    main()
