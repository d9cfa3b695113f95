"""No worker answers with a grade that a commit has replaced, however many read and write it."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest

from tests.factories import COURSE, NOW, problem_key
from tests.server.server_process import server_process

SECONDS: Final = 4.0
LEARNERS: Final = (1, 2, 3)

RECORD: Final = """
mutation Record($input: RecordScoresInput!) {
  recordScores(input: $input) { results { courseGrade { version percent } } }
}
"""
ONE: Final = """
query One($course: CourseKey!, $learner: ID!) {
  courseGrade(courseKey: $course, learner: { userId: $learner }) {
    version percent subsectionGrades { version gradedTotal { earned } }
  }
}
"""
PAGE: Final = """
query Page($course: CourseKey!) {
  course(courseKey: $course) {
    gradebook(first: 10) {
      nodes {
        learner { userId }
        courseGrade { version percent subsectionGrades { version gradedTotal { earned } } }
      }
    }
  }
}
"""


@dataclass
class Watch:
    """What was acknowledged of each learner, and what was read."""

    address: str
    versions: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LEARNERS, 0))
    reads: int = 0
    writes: int = 0

    async def ask(self, document: str, **variables: object) -> dict[str, Any]:
        # A connection each, so that now this worker answers and now that one.
        async with httpx.AsyncClient(timeout=10) as client:
            response = await client.post(
                f"http://{self.address}/graphql", json={"query": document, "variables": variables}
            )
        body: dict[str, Any] = response.json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    async def write(self, learner: int, until: float) -> None:
        """Record scores one after the other, and read each back by both ways."""
        while time.monotonic() < until:
            self.writes += 1
            earned = (self.writes % 1_000) / 1_000
            score = {
                "learner": {"userId": str(learner)},
                "usageKey": problem_key("exam_1"),
                "scoreGiven": earned,
                "scoreMaximum": 1.0,
                "timestamp": NOW.isoformat(),
            }
            told = await self.ask(RECORD, input={"courseKey": COURSE, "scores": [score]})
            grade = told["recordScores"]["results"][0]["courseGrade"]
            self.versions[learner] = int(grade["version"])
            (one, page) = await asyncio.gather(
                self.ask(ONE, course=COURSE, learner=str(learner)), self.ask(PAGE, course=COURSE)
            )
            nodes = page["course"]["gradebook"]["nodes"]
            (row,) = (each for each in nodes if each["learner"]["userId"] == str(learner))
            for found in (one["courseGrade"], row["courseGrade"]):
                # Nobody else writes this learner's scores: it is the acknowledged one to the byte.
                assert (found["version"], found["percent"]) == (grade["version"], grade["percent"])
                assert earned in [
                    each["gradedTotal"]["earned"] for each in found["subsectionGrades"]
                ]

    async def read(self, until: float) -> None:
        """Read pages; nothing in them is older than what was acknowledged before."""
        while time.monotonic() < until:
            least = dict(self.versions)
            page = await self.ask(PAGE, course=COURSE)
            for row in page["course"]["gradebook"]["nodes"]:
                assert int(row["courseGrade"]["version"]) >= least[int(row["learner"]["userId"])]
            self.reads += 1


@pytest.mark.slow
async def test_what_is_acknowledged_is_read_by_every_worker(database_url: str) -> None:
    workers = 2 if database_url.startswith("postgres") else 1
    async with server_process(database_url, workers=workers) as server:
        watch = Watch(server.address)
        until = time.monotonic() + SECONDS
        async with asyncio.TaskGroup() as tasks:
            for learner in LEARNERS:
                tasks.create_task(watch.write(learner, until))
            for _ in range(3):
                tasks.create_task(watch.read(until))

    assert watch.writes > 10
    assert watch.reads > 10
