"""A change to a thousand subscribers: CourseGrade, a bare broadcast, and Strawberry as it comes."""

import asyncio
import json
import resource
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from bench.answers import AnswersDiffer, with_moments
from bench.classroom import COURSE, POINTS, START, enroll_class
from bench.databases import empty_database
from bench.fanout_client import Change
from bench.fanout_servers import Server, application, ours
from bench.processes import LOAD, cpu_seconds, on_core
from bench.results import Result
from bench.rounds import Plan, Round
from bench.spending import Spent, profiled
from bench.subject import DELIVERY, FANOUT, FLOOR, OURS, STOCK
from grading import usage_key_of

LEARNERS, WEEKS = 30, 12
ALONE: Final = 30  # mutations while nobody is subscribed
WARM_UP: Final = 3
PAUSE: Final = 0.05  # seconds in which a server finishes what it does after the last delivery
LOGS: Final = Path("build") / "bench"
RECORD: Final = """
mutation Record($input: RecordScoresInput!) {
  recordScores(input: $input) { results { applied } userErrors { message } }
}
"""
_ANNOUNCE: Final = "mutation Announce($event: JSON!) { announce(event: $event) }"
_LEAST: Final = 1e-9  # seconds, where less than nothing is left


@dataclass(frozen=True)
class Turn:
    """Some changes in a row. ``cpu`` is seconds of the server's processor time for each."""

    cpu: float
    changes: Sequence[Change]

    @property
    def message(self) -> bytes:
        """Return what the last receiver of the last change got."""
        return self.changes[-1].message

    def deliveries(self, subscribers: int) -> Round:
        """Return the figures of its deliveries; latencies are those of the last receivers."""
        latencies = [each.last for each in self.changes]
        return Round(
            rate=subscribers * len(latencies) / sum(latencies),
            cpu=self.cpu / subscribers * 1_000_000,
            latencies=latencies,
            size=len(self.message),
        )

    def without(self, alone: "Turn") -> "Turn":
        """Take away what the same changes take while nobody is subscribed."""
        answered = statistics.median(each.answered for each in alone.changes)
        changes = [each._replace(last=max(_LEAST, each.last - answered)) for each in self.changes]
        return replace(self, cpu=max(_LEAST, self.cpu - alone.cpu), changes=changes)


async def measure(engine: str, plan: Plan) -> list[Result]:
    """Measure with and without the mutation, and return what was found.

    :raises AnswersDiffer: if subscribers of two servers are not told the same.
    """
    _allow_files(plan.subscribers * 3 + 200)
    LOGS.mkdir(parents=True, exist_ok=True)
    with on_core(LOAD):
        async with empty_database(engine) as url:
            await enroll_class(LEARNERS, WEEKS)
            alone, turns = await asyncio.to_thread(_measured, url, plan)
            spent = await asyncio.to_thread(_spent, url, plan)
    rounds = {
        name: [turn.deliveries(plan.subscribers) for turn in its] for name, its in turns.items()
    }
    delivery = [turn.without(alone).deliveries(plan.subscribers) for turn in turns[OURS]]
    return [
        Result.of(engine, FANOUT, rounds, {}, spent),
        Result.of(engine, DELIVERY, {**rounds, OURS: delivery}, {}),
    ]


def _measured(url: str, plan: Plan) -> tuple[Turn, Mapping[str, list[Turn]]]:
    with ExitStack() as stack:
        mine = stack.enter_context(ours(url, plan.subscribers, LOGS / "fan-out-coursegrade.log"))
        floor = stack.enter_context(
            application("bench.floor:create_app", "/", LOGS / "fan-out-floor.log")
        )
        stock = stack.enter_context(
            application("bench.peers.stock.app:create_app", "/graphql", LOGS / "fan-out-stock.log")
        )
        changes = cycle([_score(POINTS), _score(0)])
        _turn(mine, islice(changes, WARM_UP))
        alone = _turn(mine, islice(changes, ALONE))
        mine.subscribe(plan.subscribers)
        stock.subscribe(plan.subscribers)
        floor.listen(plan.subscribers)
        turns: dict[str, list[Turn]] = {OURS: [], FLOOR: [], STOCK: []}
        for number in range(1 + plan.rounds):  # the first one warms up
            count = plan.changes if number else WARM_UP
            its = _turn(mine, islice(changes, count))
            broadcast = _turn(floor, [its.message] * count)
            announced = _turn(stock, [_announcement(its.message)] * count)
            _require_same(its.message, announced.message)
            if number:
                for name, turn in ((OURS, its), (FLOOR, broadcast), (STOCK, announced)):
                    turns[name].append(turn)
    return alone, turns


def _spent(url: str, plan: Plan) -> Spent:
    with (
        profiled() as (command, spent),
        ours(url, plan.subscribers, LOGS / "profiled.log", command) as server,
    ):
        changes = cycle([_score(POINTS), _score(0)])
        server.subscribe(plan.subscribers)
        _turn(server, islice(changes, WARM_UP))
        some = islice(changes, plan.rounds * plan.changes)
        return spent(server.pid, lambda: _turn(server, some))


def _turn(server: Server, bodies: Iterator[bytes] | Sequence[bytes]) -> Turn:
    before = cpu_seconds(server.pid)
    changes = []
    for body in bodies:
        changes.append(server.audience.change(body))
        _require_success(changes[-1].answer)
        time.sleep(PAUSE)
    return Turn((cpu_seconds(server.pid) - before) / len(changes), changes)


def _announcement(message: bytes) -> bytes:
    return json.dumps({"query": _ANNOUNCE, "variables": {"event": _told(message)}}).encode()


def _require_same(message: bytes, other: bytes) -> None:
    if with_moments(_told(other)) != with_moments(_told(message)):
        raise AnswersDiffer(f"{STOCK} tells {other!r:.2000}\nexpected:\n{message!r:.2000}")


def _told(message: bytes) -> Any:  # noqa: ANN401
    return json.loads(message)["payload"]["data"]["courseGradeChanged"]


def _score(points: float) -> bytes:
    score = {
        "learner": {"userId": "1"},
        "usageKey": usage_key_of(COURSE, "problem", f"p{WEEKS - 1}"),
        "scoreGiven": points,
        "scoreMaximum": float(POINTS),
        "timestamp": (START + timedelta(weeks=WEEKS)).isoformat(),
    }
    variables = {"input": {"courseKey": COURSE, "scores": [score]}}
    return json.dumps({"query": RECORD, "variables": variables}).encode()


def _require_success(answer: bytes) -> None:
    if not answer:
        return  # the floor says nothing
    body = json.loads(answer)
    recorded = (body.get("data") or {}).get("recordScores")
    if body.get("errors") or (recorded and not recorded["results"][0]["applied"]):
        raise SystemExit(f"A change was refused: {answer.decode()}\nSee the logs in {LOGS}.")


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
