"""Jobs whose workers are killed at any moment: each learner is graded exactly once."""

import asyncio
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.connection import connected, dialect
from db.grade_jobs import GradeJob, JobState, jobs
from db.sql import execute, fetch
from resolvers import grade_jobs
from resolvers.grade_jobs import start_regrade
from tests.factories import context_of, enroll, publish_content, record
from tests.invariants import broken_rules

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
CLASS = 120
WORKERS = 2
LEASE = 0.5  # seconds


async def start(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.resolvers.work_apart", url, str(LEASE)), cwd=PROJECT
    )


async def killed_now_and_then(url: str, job: GradeJob) -> tuple[GradeJob, int]:
    """Have workers do a job while one of them is killed again and again."""
    workers = [await start(url) for _ in range(WORKERS)]
    chance, kills = random.Random(7), 0
    try:
        async with asyncio.timeout(90):
            while not job.state.finished:
                await asyncio.sleep(chance.uniform(0.3, 0.9))
                victim = chance.randrange(WORKERS)
                workers[victim].kill()
                await workers[victim].wait()
                kills += 1
                workers[victim] = await start(url)
                job = (await jobs([job.id]))[job.id]
    finally:
        for worker in workers:
            worker.kill()
            await worker.wait()
    return job, kills


async def test_each_learner_is_graded_exactly_once_whoever_is_killed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_jobs, "CHUNK", 1)
    async with connected(database_url):
        course = await publish_content()
        learner_ids = await enroll(course, CLASS)
        for learner_id in learner_ids:
            await record(course, learner_id, {"exam_1": 0.5})
        await execute("update problem_score set earned = 1")
        await execute("delete from grade_event")
        await slow_down()
        context = context_of(now=datetime.now(UTC))
        job = await start_regrade(context, course, learner_ids, force=True)

        done, kills = await killed_now_and_then(database_url, job)

        assert kills > 2
        assert (done.state, done.processed, done.saved, done.failed) == (
            JobState.COMPLETED,
            CLASS,
            CLASS,
            0,
        )
        assert await fetch("select version, count(*) from course_grade group by version") == [
            (2, CLASS)
        ]
        told = await fetch(
            "select kind, count(*), count(distinct learner_id) from grade_event"
            " where kind = 'COURSE_GRADE_CHANGED' group by kind"
        )
        assert [tuple(row) for row in told] == [("COURSE_GRADE_CHANGED", CLASS, CLASS)]
        assert await broken_rules() == []


async def slow_down() -> None:
    """Have each chunk take a while, so that kills hit the middle of it."""
    if dialect() == "postgres":
        await execute(
            "create function dawdle() returns trigger language plpgsql as"
            " $$ begin perform pg_sleep(0.03); return new; end $$"
        )
        await execute(
            "create trigger dawdle before update on course_grade"
            " for each row execute function dawdle()"
        )
    else:
        # A few hundred thousand steps of SQLite.
        await execute(
            "create trigger dawdle after update on course_grade begin"
            " select count(*) from (with recursive steps(n) as"
            " (select 1 union all select n + 1 from steps where n < 100000) select n from steps);"
            " end"
        )
