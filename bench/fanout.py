"""One change to a thousand subscribers, beside a bare broadcast of the same bytes."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Final

from pydantic import SecretStr

from bench.classroom import COURSE, POINTS, START, enroll_class
from bench.databases import empty_database
from bench.fanout_client import Audience, Listener, Round
from bench.measure import row
from bench.processes import ROOT, cpu_seconds, free_port, wait_for
from grading import usage_key_of
from server.serve import as_environment
from server.settings import Settings

LEARNERS, WEEKS = 30, 12
ROUNDS: Final = 30
WARM_UP: Final = 3
PAUSE: Final = 0.05  # seconds in which a server finishes what it does after the last delivery
SETTLE: Final = 1.0  # seconds in which the last subscriptions read where the log ends
SUBSCRIBE: Final = """
subscription Changes($course: CourseKey!) {
  courseGradeChanged(courseKey: $course) {
    id cursor occurredAt learner { username }
    before { percent letterGrade passed } after { percent letterGrade passed }
  }
}
"""
RECORD: Final = """
mutation Record($input: RecordScoresInput!) {
  recordScores(input: $input) { results { applied } userErrors { message } }
}
"""
_OURS: Final = (
    "from server.serve import serve; from server.settings import Settings; serve(Settings())"
)
_FLOOR: Final = (
    "import sys, uvicorn; uvicorn.run('bench.floor:create_app', factory=True, log_level='warning',"
    " port=int(sys.argv[1]), ws_per_message_deflate=False)"
)


@dataclass
class Measured:
    """A server, its audience and what was measured of it."""

    pid: int
    audience: Audience
    rounds: list[Round] = field(default_factory=list)
    cpu: float = 0.0  # seconds

    def change(self, path: str, body: bytes) -> tuple[Round, bytes]:
        """Have the server send one message to everybody."""
        before = cpu_seconds(self.pid)
        done, answer = self.audience.change(path, body)
        time.sleep(PAUSE)
        self.cpu += cpu_seconds(self.pid) - before
        self.rounds.append(done)
        return done, answer

    def reset(self) -> None:
        """Forget the rounds that warmed up."""
        self.rounds, self.cpu = [], 0.0

    def last_ms(self, quantile: float) -> float:
        """Return when the last receiver had it, in milliseconds from before it was sent."""
        return 1000 * _quantile([each.last for each in self.rounds], quantile)

    def spread_ms(self) -> float:
        """Return the median of the milliseconds from the first receiver to the last."""
        return 1000 * statistics.median(each.last - each.first for each in self.rounds)

    def cpu_us(self) -> float:
        """Return the microseconds of processor time for each delivery."""
        return self.cpu / (len(self.rounds) * len(self.audience.listeners)) * 1_000_000


async def measure(engine: str, subscribers: int) -> None:
    """Print what a change to so many subscribers takes, and what the floor takes."""
    _allow_files(subscribers * 2 + 200)
    async with empty_database(engine) as url:
        await enroll_class(LEARNERS, WEEKS)
        with ExitStack() as stack:
            floor = stack.enter_context(_floor(subscribers))
            ours = stack.enter_context(_ours(url, subscribers))
            changes = cycle([_score(POINTS), _score(0)])
            alone = _alone_ms(ours.audience, changes)
            for listener in _subscribed(ours.audience.port, subscribers):
                ours.audience.add(listener)
            for number in range(WARM_UP + ROUNDS):
                if number == WARM_UP:
                    ours.reset()
                    floor.reset()
                done, answer = ours.change("/graphql", next(changes))
                _require_success(answer)
                floor.change("/", done.message)
        _report(engine, subscribers, alone, ours, floor)


def _report(
    engine: str, subscribers: int, alone_ms: float, ours: Measured, floor: Measured
) -> None:
    size = f"{engine}, {subscribers:,} subscribers, {len(floor.rounds[-1].message)} bytes"
    row("fan-out", size, "CourseGrade", "floor", "ratio")
    row("---", "---", "--:", "--:", "--:")
    for name, mine, its in (
        ("sent to last receiver, p50", ours.last_ms(0.5), floor.last_ms(0.5)),
        ("sent to last receiver, p99", ours.last_ms(0.99), floor.last_ms(0.99)),
        ("first receiver to last, p50", ours.spread_ms(), floor.spread_ms()),
    ):
        row(name, "", f"{mine:.1f} ms", f"{its:.1f} ms", f"{mine / its:.2f}")
    cpu, least = ours.cpu_us(), floor.cpu_us()
    name = "server's processor time a delivery"
    row(name, "", f"{cpu:.1f} us", f"{least:.1f} us", f"{cpu / least:.2f}")
    answer = 1000 * statistics.median(each.answer for each in ours.rounds)
    row("sent to the mutation's answer, p50", "", f"{answer:.1f} ms", "", "")
    row("the same while nobody is subscribed, p50", "", f"{alone_ms:.1f} ms", "", "")


@contextmanager
def _ours(url: str, subscribers: int) -> Iterator[Measured]:
    port = free_port()
    settings = Settings(
        database_url=SecretStr(url),
        port=port,
        development=True,
        log_level="warning",
        socket_subscriptions=subscribers,
        sockets_per_worker=subscribers + 1,
    )
    with _process([_OURS], as_environment(settings), port) as measured:
        yield measured


@contextmanager
def _floor(subscribers: int) -> Iterator[Measured]:
    port = free_port()
    with _process([_FLOOR, str(port)], {}, port) as measured:
        for _ in range(subscribers):
            measured.audience.add(Listener(port, "/"))
        yield measured


@contextmanager
def _process(program: Sequence[str], settings: Mapping[str, str], port: int) -> Iterator[Measured]:
    process = subprocess.Popen(
        [sys.executable, "-c", *program], cwd=ROOT, env={**os.environ, **settings}
    )
    try:
        wait_for(process, port)
        with closing(Audience(port)) as audience:
            yield Measured(process.pid, audience)
    finally:
        process.kill()
        process.wait()


def _subscribed(port: int, count: int) -> Iterator[Listener]:
    """Open sockets, each with a subscription under an id of its own, and wait for all of them."""
    listeners = []
    payload = {"query": SUBSCRIBE, "variables": {"course": COURSE}}
    for _ in range(count):
        listener = Listener(port, "/graphql")
        listener.send({"type": "connection_init"})
        listener.receive()
        listener.send({"id": str(uuid.uuid4()), "type": "subscribe", "payload": payload})
        listeners.append(listener)
    for listener in listeners:
        # What the socket was asked before has at least begun when this is answered.
        listener.send({"type": "ping"})
        listener.receive()
    time.sleep(SETTLE)
    yield from listeners


def _alone_ms(audience: Audience, changes: Iterator[bytes]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        _require_success(audience.post("/graphql", next(changes)))
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


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
    body = json.loads(answer)
    if body.get("errors") or not body["data"]["recordScores"]["results"][0]["applied"]:
        raise RuntimeError(answer.decode())


def _quantile(values: Sequence[float], quantile: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(quantile * (len(ordered) - 1)))]


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
