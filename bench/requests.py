"""Requests over HTTP: CourseGrade beside the floor and its peers, on the same data."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import IO, Final

from bench.answers import answer_of, require_equal_answers
from bench.classroom import enroll_class, username
from bench.databases import empty_database, run_script
from bench.load import Load, RequestFailed
from bench.processes import LOAD, free_port, on_core, running
from bench.results import Result
from bench.rounds import Contestant, Plan, take_turns
from bench.spending import Spent, profiled
from bench.statement_count import statements_logged
from bench.target import FloorTarget, Place, Target
from bench.targets import ours, targets_on
from bench.workloads import LEARNERS, SUBSECTIONS, WORKLOADS, Workload, score_of, variables_of
from db.courses import StoredCourse
from db.gradebook import BY_USERNAME, Position
from grading import LearnerId
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.course_grades import iterate
from schema.cursor import gradebook_cursor

LOGS: Final = Path("build") / "bench"  # what the servers say

Running = Mapping[str, int]  # process ids by the targets' names


async def measure(engine: str, workloads: Sequence[str], plan: Plan) -> list[Result]:
    """Measure the workloads named on an engine, and return what was found.

    :raises AnswersDiffer: if the servers do not answer the same.
    """
    with on_core(LOAD):
        async with empty_database(engine) as url:
            course = await _graded_class()
            asked = [WORKLOADS[name] for name in workloads]
            # The load has an event loop of its own, in this process.
            return await asyncio.to_thread(
                _measure_all, engine, url, _place_in(course), asked, plan
            )


def _measure_all(
    engine: str, url: str, place: Place, workloads: Sequence[Workload], plan: Plan
) -> list[Result]:
    if engine == "postgres":
        # Autovacuum would do it in the middle of the rounds.
        run_script(url, "vacuum analyze")
    targets = targets_on(engine, url, free_port, place)
    with _servers(targets) as pids:
        for workload in workloads:
            require_equal_answers(targets, workload)
        counts = _statement_counts(url, targets, workloads) if engine == "postgres" else {}
        _print_ceiling(targets, pids)
        return [
            Result.of(
                engine,
                workload,
                {
                    name: each.rounds
                    for name, each in _measured(targets, workload, pids, plan).items()
                },
                counts.get(workload.name, {}),
                _spent(ours(url, free_port(), place), workload, plan),
            )
            for workload in workloads
        ]


def _measured(
    targets: Sequence[Target], workload: Workload, pids: Running, plan: Plan
) -> dict[str, Contestant]:
    contestants = {}
    for number, target in enumerate(targets):
        requests = target.requests(workload, variables_of(workload, writer=number))
        load = Load(target.port, requests, target.connections(workload))
        contestants[target.name] = Contestant(pids[target.name], load)
    try:
        take_turns(contestants, plan)
    except RequestFailed as failure:
        raise SystemExit(f"{workload.name}: {failure}\nSee the servers' logs in {LOGS}.") from None
    return contestants


def _spent(target: Target, workload: Workload, plan: Plan) -> Spent:
    requests = target.requests(workload, variables_of(workload))
    load = Load(target.port, requests, target.connections(workload))
    with (
        profiled() as (command, spent),
        (LOGS / "profiled.log").open("wb") as output,
        _server(replace(target, command=command), output) as pid,
    ):
        load.run(plan.warm_up)
        return spent(pid, lambda: load.run(plan.seconds))


@contextmanager
def _servers(targets: Sequence[Target]) -> Iterator[Running]:
    LOGS.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        pids = {}
        for target in targets:
            log = LOGS / f"{target.name.replace(' ', '-').lower()}.log"
            output = stack.enter_context(log.open("wb"))
            pids[target.name] = stack.enter_context(_server(target, output))
        yield pids


def _server(target: Target, output: IO[bytes]) -> AbstractContextManager[int]:
    return running(
        target.command,
        target.port,
        settings=target.settings,
        folder=target.folder,
        output=output,
    )


def _statement_counts(
    url: str, targets: Sequence[Target], workloads: Sequence[Workload]
) -> dict[str, dict[str, int]]:
    # Each recorded score is another than the last one: the same again would change nothing.
    scores = cycle([score_of(LEARNERS, 2.0), score_of(LEARNERS, 9.0)])

    def ask(target: Target, workload: Workload) -> None:
        records = workload is WORKLOADS["W5"]
        answer_of(target, workload, next(scores) if records else variables_of(workload)[1])

    with statements_logged(url) as count:
        return {
            workload.name: {
                target.name: count(partial(ask, target, workload)) for target in targets
            }
            for workload in workloads
        }


def _print_ceiling(targets: Sequence[Target], pids: Running) -> None:
    """Say how many answers the load takes when they cost next to nothing."""
    for target in targets:
        if isinstance(target, FloorTarget):
            load = Load(target.port, [target.constant()], 16)
            found = Contestant(pids[target.name], load).take_turn(1.0)
            busy = found.cpu * found.rate / 1_000_000
            print(
                f"The load alone, against a constant answer: {found.rate:,.0f} a second,"
                f" with the server's core {busy:.0%} busy.\n"
            )


async def _graded_class() -> StoredCourse:
    course = await enroll_class(LEARNERS, SUBSECTIONS)
    context = Context(Viewer("bench", global_staff=True), lambda: datetime.now(UTC))
    async for _ in iterate(context, course, force=True):
        pass
    return course


def _place_in(course: StoredCourse) -> Place:
    numbers = {username(number): LearnerId(number) for number in range(1, 1 + LEARNERS)}
    return lambda name: gradebook_cursor(course, BY_USERNAME, Position(name, numbers[name]))
