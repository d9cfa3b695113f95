"""Clients who read and write one thing after another, and how long each answer took."""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any, Final

import httpx

from tests.classes.scenery import BUSY
from tests.factories import COURSE, problem_key

PAUSE: Final = 0.02  # seconds between two requests of a client
_PATIENCE: Final = 15.0  # seconds; longer than any of the server's own limits
_AWAY: Final = 0.1  # seconds until a server that was killed is asked again
_READ: Final = """
query Read($course: CourseKey!, $learner: LearnerRef!) {
  courseGrade(courseKey: $course, learner: $learner) {
    percent letterGrade subsectionGrades { gradedTotal { earned possible } }
  }
}
"""
_RECORD: Final = """
mutation Record($input: RecordScoresInput!) {
  recordScores(input: $input) {
    results { courseGrade { percent } userErrors { code } } userErrors { code }
  }
}
"""


@dataclass
class Latencies:
    """Seconds from request to answer; ``kept`` are by what was going on and what was asked."""

    kept: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _phase: str | None = None

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Keep what is taken in a block."""
        self._phase = phase
        try:
            yield
        finally:
            self._phase = None

    def keep(self, asked: str, seconds: float) -> None:
        """Take note of an answer."""
        if self._phase is not None:
            self.kept.setdefault((self._phase, asked), []).append(seconds)

    def percentiles(self, phase: str, asked: str) -> tuple[float, float]:
        """Return the 50th and the 95th percentile, in seconds."""
        cuts = quantiles(self.kept[phase, asked], n=100)
        return cuts[49], cuts[94]


@dataclass
class Probe:
    """One client of one server."""

    address: str
    latencies: Latencies
    chance: random.Random
    learners: int

    async def read(self) -> None:
        """Read grades with all their parts until cancelled."""
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            while True:
                number = self.chance.randint(1, self.learners)
                variables = {"course": COURSE, "learner": {"userId": str(number)}}
                await self._ask(http, "read", _READ, variables)

    async def write(self) -> None:
        """Record scores of the busy learners until cancelled."""
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            while True:
                score = {
                    "learner": {"userId": str(self.chance.randint(1, BUSY))},
                    "usageKey": problem_key("exam_1"),
                    "scoreGiven": self.chance.randint(0, 10),
                    "scoreMaximum": 10,
                    "timestamp": datetime.now(UTC).isoformat(),
                }
                variables = {"input": {"courseKey": COURSE, "scores": [score]}}
                await self._ask(http, "write", _RECORD, variables)

    async def _ask(
        self, http: httpx.AsyncClient, asked: str, document: str, variables: dict[str, Any]
    ) -> None:
        began = time.perf_counter()
        try:
            body = await ask(http, self.address, document, variables)
        except httpx.HTTPError:
            await asyncio.sleep(_AWAY)
            return
        self.latencies.keep(asked, time.perf_counter() - began)
        if "errors" in body:
            self.latencies.refused.append(f"{asked}: {body['errors'][0]['message']}")
        await asyncio.sleep(PAUSE)


async def ask(
    http: httpx.AsyncClient, address: str, document: str, variables: dict[str, Any]
) -> dict[str, Any]:
    """Send an operation; return the whole response.

    :raises httpx.HTTPError: if there is none.
    """
    asked = {"query": document, "variables": variables}
    answer = await http.post(f"http://{address}/graphql", json=asked)
    body: dict[str, Any] = answer.json()
    return body
