"""The job runner in servers as operators start, stop and kill them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from db.connection import connected
from db.grade_jobs import GradeJob, JobState, jobs
from db.sql import execute, fetch
from resolvers.context import Context
from server import job_runner
from server.drain import Drain
from server.job_runner import jobs_run
from tests.factories import COURSE, context_of, enroll, publish_content, record
from tests.invariants import broken_rules
from tests.resolvers.test_jobs_under_kills import slow_down
from tests.server.live_server import SOON
from tests.server.server_process import ServerProcess, started_server

CLASS: Final = 110  # more than are done in a request
REGRADE: Final = f"""mutation {{
  updateGrades(input: {{courseKey: "{COURSE}"}}) {{
    job {{ id total }} userErrors {{ code }}
  }}
}}"""
JOB: Final = "query ($id: ID!) { gradeJob(id: $id) { state processed saved failed } }"
EXPECTED: Final = {"state": "COMPLETED", "processed": CLASS, "saved": CLASS, "failed": 0}


async def ask(server: ServerProcess, document: str, **variables: object) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=SOON) as client:
        response = await client.post(
            f"http://{server.address}/graphql", json={"query": document, "variables": variables}
        )
    answer: dict[str, Any] = response.json()["data"]
    return answer


@asynccontextmanager
async def slow_class(database_url: str) -> AsyncIterator[None]:
    """A class whose scores have run away from its grades, which take a while to store."""
    async with connected(database_url):
        course = await publish_content()
        for learner_id in await enroll(course, CLASS):
            await record(course, learner_id, {"exam_1": 0.5})
        await execute("update problem_score set earned = 1")
        await execute("delete from grade_event")
        await slow_down()
        yield


async def begin(server: ServerProcess) -> str:
    """Ask a server for everybody's grade; return the job's id."""
    payload = (await ask(server, REGRADE))["updateGrades"]
    assert payload["userErrors"] == []
    assert payload["job"]["total"] == CLASS
    job_id: str = payload["job"]["id"]
    return job_id


async def finished(server: ServerProcess, job_id: str) -> dict[str, Any]:
    """Wait for the end of a job, as a client does."""
    async with asyncio.timeout(60):
        while True:
            job: dict[str, Any] = (await ask(server, JOB, id=job_id))["gradeJob"]
            if job["state"] not in {"QUEUED", "RUNNING"}:
                return job
            await asyncio.sleep(0.1)


async def in_a_chunk() -> None:
    """Wait until some chunks are done and another one is being done."""
    async with asyncio.timeout(30):
        while True:
            ((done, running),) = await fetch(
                "select count(case when state = 'DONE' then 1 end),"
                " count(case when state = 'RUNNING' then 1 end) from job_chunk"
            )
            if done and running:
                return
            await asyncio.sleep(0.005)


async def stored_job() -> GradeJob:
    return (await jobs([1]))[1]


async def regraded() -> int:
    ((count,),) = await fetch("select count(*) from course_grade where version = 2")
    return int(count)


async def require_everybody_graded_once() -> None:
    assert await regraded() == CLASS
    told = await fetch(
        "select count(*), count(distinct learner_id) from grade_event"
        " where kind = 'COURSE_GRADE_CHANGED'"
    )
    assert [tuple(row) for row in told] == [(CLASS, CLASS)]
    assert await broken_rules() == []


@pytest.mark.slow
async def test_a_job_that_a_mutation_begins_is_finished_by_the_server(database_url: str) -> None:
    async with slow_class(database_url), started_server(database_url) as server:
        assert await finished(server, await begin(server)) == EXPECTED
        await require_everybody_graded_once()


@pytest.mark.slow
async def test_what_a_killed_server_leaves_behind_is_finished_by_the_next_one(
    database_url: str,
) -> None:
    async with slow_class(database_url):
        async with started_server(database_url) as server:
            job_id = await begin(server)
            await in_a_chunk()
            server.process.kill()
            await asyncio.to_thread(server.process.wait)
        left = await stored_job()
        assert left.state is JobState.RUNNING
        assert 0 < left.processed < CLASS
        assert await regraded() == left.processed
        # As if the lease had ended meanwhile.
        past = datetime.now(UTC) - timedelta(seconds=1)
        await execute("update job_chunk set lease_until = $1 where state = 'RUNNING'", past)

        async with started_server(database_url) as server:
            assert await finished(server, job_id) == EXPECTED
        await require_everybody_graded_once()


@pytest.mark.slow
async def test_a_server_that_is_told_to_end_ends_its_chunk_first_and_leaves_the_rest(
    database_url: str,
) -> None:
    async with slow_class(database_url):
        async with started_server(database_url) as server:
            job_id = await begin(server)
            await in_a_chunk()
            assert await server.ended() == 0
        left = await stored_job()
        assert left.state is JobState.RUNNING
        assert 0 < left.processed < CLASS
        assert await regraded() == left.processed
        # Nobody has to wait for a lease.
        assert await fetch("select count(*) from job_chunk where state = 'RUNNING'") == [(0,)]

        async with started_server(database_url) as server:
            assert await finished(server, job_id) == EXPECTED
        await require_everybody_graded_once()


async def test_a_job_that_cannot_be_gone_on_with_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looked = asyncio.Event()
    outcomes = [ValueError("a bug of ours")]

    async def chunk(context: Context) -> bool:
        if outcomes:
            raise outcomes.pop()
        looked.set()
        return False

    async def same(self: Context) -> Context:
        return self

    monkeypatch.setattr(job_runner, "run_chunk", chunk)
    monkeypatch.setattr(Context, "for_operation", same)

    async with asyncio.timeout(SOON), jobs_run(context_of(), Drain(), idle=0.01):
        await looked.wait()

    assert "a bug of ours" in caplog.text


@pytest.mark.parametrize(("asked_during", "paused"), [(0, False), (1, True)])
async def test_a_job_waits_for_requests_only_while_there_are_any(
    monkeypatch: pytest.MonkeyPatch, asked_during: int, paused: bool
) -> None:
    asked, waits, drain = 0, list[float](), Drain()

    async def chunk(context: Context) -> bool:
        nonlocal asked
        asked += asked_during
        return True

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        drain.begin()

    async def same(self: Context) -> Context:
        return self

    monkeypatch.setattr(job_runner, "run_chunk", chunk)
    monkeypatch.setattr(drain, "wait", wait)
    monkeypatch.setattr(Context, "for_operation", same)

    async with asyncio.timeout(SOON), jobs_run(context_of(), drain, asked=lambda: asked):
        while not waits:
            await asyncio.sleep(0)

    assert [seconds > 0 for seconds in waits] == [paused]


async def test_a_chunk_that_takes_too_long_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = asyncio.Event()
    ends = []

    async def chunk(context: Context) -> bool:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cut off")
            raise
        return True

    monkeypatch.setattr(job_runner, "run_chunk", chunk)
    monkeypatch.setattr(job_runner, "GRACE", 0.01)

    async with asyncio.timeout(SOON), jobs_run(context_of(), Drain()):
        await begun.wait()

    assert ends == ["cut off"]
