"""Prove that no fault costs a score: `python -m tests.faults --engine postgres --seconds 120`."""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.faults.run import prove
from tests.faults.target import Plan
from tests.postgres import cluster, server_programs


def main() -> int:
    """Run once; return 1 if anything was lost, doubled or did not come back."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--engine", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=120.0, help="to go on for")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="a folder to keep the server's log in")
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
        plan = Plan(chosen.seconds, folder.absolute(), postgres, chosen.seed)
        report = asyncio.run(prove(plan))
    print("\n".join(report.lines()))  # noqa: T201
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
