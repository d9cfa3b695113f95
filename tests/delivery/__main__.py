"""Prove that no event is lost: `python -m tests.delivery --engine postgres --events 5000`."""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.delivery.run import prove
from tests.delivery.stage import Plan
from tests.postgres import cluster, server_programs


def main() -> int:
    """Run once; return 1 if anything was lost, invented or out of order."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery", description=__doc__)
    parser.add_argument("--engine", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument("--events", type=int, default=5000, help="to be committed at least")
    parser.add_argument("--subscribers", type=int, default=12)
    parser.add_argument("--writers", type=int, default=2, help="processes that record scores")
    parser.add_argument("--without-notify", action="store_true", help="leave only looking")
    parser.add_argument("--outage", type=float, default=1.0, help="of PostgreSQL, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="a folder to keep the servers' logs in")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    # Else the processes that it started would outlive it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        postgres = None
        if chosen.engine == "postgres":
            programs = server_programs()
            if programs is None:
                parser.error("PostgreSQL's server programs are not installed")
            postgres = stack.enter_context(cluster(programs))
        folder = chosen.logs or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        plan = Plan(
            events=chosen.events,
            subscribers=chosen.subscribers,
            writers=chosen.writers,
            folder=folder.absolute(),
            postgres=postgres,
            notify=not chosen.without_notify,
            outage=chosen.outage,
            seed=chosen.seed,
        )
        report = asyncio.run(prove(plan))
    print("\n".join(report.lines()))  # noqa: T201
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
