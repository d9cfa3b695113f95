"""Prove that a class is graded exactly once: `python -m tests.classes --learners 100000`."""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.classes.run import prove
from tests.classes.stage import Plan
from tests.postgres import cluster, server_programs


def main() -> int:
    """Run once; return 1 if a learner was left out or graded twice, or a grade is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.classes", description=__doc__)
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--subsections", type=int, default=30)
    parser.add_argument("--lease", type=float, default=10.0, help="seconds of a killed worker's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="a folder to keep the servers' logs in")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    # Else the processes that it started would outlive it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        programs = server_programs()
        if programs is None:
            parser.error("PostgreSQL's server programs are not installed")
        server = stack.enter_context(cluster(programs))
        folder = chosen.logs or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        plan = Plan(
            learners=chosen.learners,
            subsections=chosen.subsections,
            postgres=f"{server}/postgres",
            folder=folder.absolute(),
            lease=chosen.lease,
            seed=chosen.seed,
        )
        report = asyncio.run(prove(plan))
    print("\n".join(report.lines()))  # noqa: T201
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
