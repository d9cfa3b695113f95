"""Clients that write and read over HTTP, and take note of what they are told."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import httpx

from grading import LearnerId, UsageKey
from tests.delivery.scenery import LEARNERS
from tests.factories import COURSE, problem_key
from tests.faults.claims import Answer, Claims, Sent

PATIENCE: Final = 15.0  # seconds; longer than any of the server's own limits
PAUSE: Final = 0.02  # seconds between two requests of a client
_WAIT: Final = 0.1  # seconds after a request that failed
PROBLEMS: Final = tuple(
    problem_key(f"{name}_{number}") for name in ("hw1", "hw2", "exam") for number in range(1, 5)
)
_NEVER_SENT: Final[dict[str, Any]] = {}
_GRADE: Final = "courseGrade { version percent }"
_RECORD: Final = f"""
mutation Record($input: RecordScoresInput!) {{
  recordScores(input: $input) {{
    results {{ applied {_GRADE} userErrors {{ code }} }} userErrors {{ code }}
  }}
}}
"""
_UPDATE: Final = f"""
mutation Update($input: UpdateGradeInput!) {{
  updateGrade(input: $input) {{ {_GRADE} userErrors {{ code }} }}
}}
"""
_READ: Final = """
query Read($course: CourseKey!, $learner: LearnerRef!) {
  courseGrade(courseKey: $course, learner: $learner) {
    version percent subsectionGrades { gradedTotal { earned } }
  }
}
"""
# Sums of these are told apart from each other, and are exact.
_NUMBERS: Final = count(1)
_STEP: Final = 2.0**-30


@asynccontextmanager
async def one_way_http() -> AsyncIterator[httpx.AsyncClient]:
    """Open HTTP with a new connection for each request, so that each may come to any worker."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=PATIENCE, limits=limits) as http:
        yield http


@dataclass
class Client:
    """One client, who asks one thing after another."""

    http: httpx.AsyncClient
    address: str
    claims: Claims
    chance: random.Random
    problems: Sequence[UsageKey] = PROBLEMS

    async def write(self) -> None:
        """Record scores, and now and then have a grade recomputed, until cancelled."""
        while True:
            if self.chance.random() < 0.8:
                await self.record()
            else:
                await self.update()
            await asyncio.sleep(PAUSE)

    async def read(self) -> None:
        """Read grades until cancelled."""
        while True:
            learner_id = self._learner()
            variables = {"course": COURSE, "learner": {"userId": str(learner_id)}}
            body = await self._ask(_READ, variables)
            if body is not None and body.get("data"):
                self.claims.show(learner_id, body["data"]["courseGrade"])
            await asyncio.sleep(PAUSE)

    async def leave_early(self) -> None:
        """Record scores and go away at any moment, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.chance.uniform(0.001, 0.12)):
                    await self.record()
            await asyncio.sleep(PAUSE)

    async def record(self) -> bool:
        """Record a few scores; tell whether they were all acknowledged."""
        learner_ids = self.chance.sample(range(1, LEARNERS + 1), self.chance.randint(1, 5))
        sent = [self._score(LearnerId(number)) for number in learner_ids]
        self.claims.sent += sent
        scores = [
            {
                "learner": {"userId": str(one.learner_id)},
                "usageKey": one.problem,
                "scoreGiven": one.earned,
                "scoreMaximum": 1.0,
                "timestamp": one.at.isoformat(),
            }
            for one in sent
        ]
        body = await self._ask(_RECORD, {"input": {"courseKey": COURSE, "scores": scores}})
        if body is _NEVER_SENT:
            for one in sent:
                one.answer = Answer.REFUSED
        if body is None or not body.get("data"):
            return False
        payload = body["data"]["recordScores"]
        for one, result in zip(sent, payload["results"], strict=True):
            if result["applied"]:
                one.answer = Answer.ACKNOWLEDGED
                self.claims.show(one.learner_id, result["courseGrade"])
            else:
                one.answer = Answer.REFUSED
                self.claims.troubles.update(error["code"] for error in result["userErrors"])
        return all(one.answer is Answer.ACKNOWLEDGED for one in sent)

    async def update(self) -> None:
        """Have a grade recomputed."""
        learner_id = self._learner()
        asked = {
            "courseKey": COURSE,
            "learner": {"userId": str(learner_id)},
            "forceUpdateSubsections": self.chance.random() < 0.5,
        }
        body = await self._ask(_UPDATE, {"input": asked})
        if body is not None and body.get("data"):
            self.claims.show(learner_id, body["data"]["updateGrade"]["courseGrade"])

    def _learner(self) -> LearnerId:
        return LearnerId(self.chance.randint(1, LEARNERS))

    def _score(self, learner_id: LearnerId) -> Sent:
        earned = self.chance.randint(0, 7) / 8 + next(_NUMBERS) * _STEP
        return Sent(learner_id, self.chance.choice(self.problems), earned, datetime.now(UTC))

    async def _ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        try:
            response = await self.http.post(
                f"http://{self.address}/graphql",
                json={"query": document, "variables": variables},
            )
            body: dict[str, Any] = response.json()
        except httpx.ReadTimeout:
            # The server has limits to all it does: it must have answered.
            self.claims.bugs.append(f"no answer within {PATIENCE:g} s")
            return None
        except httpx.TransportError as error:
            self.claims.troubles[type(error).__name__] += 1
            await asyncio.sleep(_WAIT)
            return _NEVER_SENT if isinstance(error, httpx.ConnectError) else None
        self.claims.trouble(body)
        return body
