"""A database that is slow, full or gone: told in a code, logged in a line, and over when it is."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest

from tests.factories import COURSE
from tests.server.live_server import RECORD, SOON, LiveServer
from tests.server.test_http_limits import client_of, limited, scores

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("engine", [pytest.param("postgres", marks=pytest.mark.postgres)]),
]

NAME = {"query": f'{{ course(courseKey: "{COURSE}") {{ displayName }} }}'}
CURSOR = {"query": "{ gradeEventsCursor }"}
WAITING = """
select pid from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and state = 'active'
"""
SLOW = "The database took too long. Ask for less, or try again later."
GONE = (
    "The database does not answer. Try again soon; whether a change was made, look before you "
    "send it again."
)


@asynccontextmanager
async def administrator(database_url: str) -> AsyncIterator[Any]:
    """A connection of our own to the database."""
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def locked(database_url: str, table: str) -> AsyncIterator[None]:
    """Let nobody read or write a table."""
    async with administrator(database_url) as connection, connection.transaction():
        await connection.execute(f"lock table {table} in access exclusive mode")
        yield


async def waiting(connection: Any, count: int) -> list[int]:  # noqa: ANN401
    """Wait until so many statements wait for a lock; return whose they are."""
    async with asyncio.timeout(SOON):
        while True:
            found = [row["pid"] for row in await connection.fetch(WAITING)]
            if len(found) == count:
                return found
            await asyncio.sleep(0.02)


def trouble(response: httpx.Response, code: str, message: str) -> None:
    """Check that a question failed in this way, and that nothing else is told."""
    body = response.json()
    (error,) = body["errors"]
    assert (response.status_code, body["data"], error["path"]) == (
        200,
        {"course": None},
        ["course"],
    )
    assert error["message"] == message
    assert error["extensions"] == {
        "code": code,
        "requestId": response.headers["x-request-id"],
    }


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return what was logged of errors in operations; none has a traceback."""
    found = [one for one in caplog.records if one.name == "schema.errors"]
    assert [one.exc_info for one in found] == [None] * len(found)
    return [(one.levelname, one.getMessage().partition(", ")[0]) for one in found]


@pytest.fixture(autouse=True)
def watched(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="schema.errors")


async def test_a_statement_that_takes_too_long_is_a_time_out(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        limited(database_url, database_statement_timeout=0.3) as server,
        client_of(server) as client,
    ):
        async with locked(database_url, "course"):
            response = await client.post("/graphql", json=NAME)
        after = await client.post("/graphql", json=NAME)

    trouble(response, "TIMEOUT", SLOW)
    assert lines(caplog) == [("WARNING", "TIMEOUT at ['course']")]
    assert "errors" not in after.json()


async def test_a_pool_without_a_free_connection_is_an_outage(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Half of what an operation may take is the longest that a connection is waited for.
    async with (
        limited(database_url, database_pool_size=1, operation_timeout=2.0) as server,
        client_of(server) as client,
        administrator(database_url) as connection,
    ):
        async with locked(database_url, "course"):
            first = asyncio.create_task(client.post("/graphql", json=NAME))
            await waiting(connection, 1)
            await asyncio.sleep(0.5)
            response = await client.post("/graphql", json=NAME)
        await first
        after = await client.post("/graphql", json=NAME)

    assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert ("WARNING", "SERVICE_UNAVAILABLE at ['course']") in lines(caplog)
    assert "errors" not in after.json()


async def test_a_connection_that_is_lost_is_an_outage(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        limited(database_url) as server,
        client_of(server) as client,
        administrator(database_url) as connection,
    ):
        async with locked(database_url, "course"):
            asking = asyncio.create_task(client.post("/graphql", json=NAME))
            (process,) = await waiting(connection, 1)
            await connection.execute("select pg_terminate_backend($1)", process)
            response = await asking
        after = await client.post("/graphql", json=NAME)

    trouble(response, "SERVICE_UNAVAILABLE", GONE)
    assert lines(caplog) == [("WARNING", "SERVICE_UNAVAILABLE at ['course']")]
    assert "errors" not in after.json()


async def test_an_outage_before_anything_was_read_is_told_by_the_status_too(
    database_url: str,
) -> None:
    async with (
        limited(database_url) as server,
        client_of(server) as client,
        administrator(database_url) as connection,
        locked(database_url, "event_log_state, grade_event"),
    ):
        asking = asyncio.create_task(client.post("/graphql", json=CURSOR))
        for process in await waiting(connection, 2):  # the operation's, and the tail's
            await connection.execute("select pg_terminate_backend($1)", process)
        response = await asking

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "data" not in response.json()
    (error,) = response.json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == (GONE, "SERVICE_UNAVAILABLE")


async def left_alone(server: LiveServer, connection: Any, body: dict[str, Any]) -> None:  # noqa: ANN401
    """Ask something that waits for a lock, leave, and wait until nothing waits any more."""
    async with client_of(server) as client:
        asking = asyncio.create_task(client.post("/graphql", json=body))
        await waiting(connection, 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await waiting(connection, 0)


async def test_the_statement_of_a_query_whose_client_has_gone_is_cancelled(
    database_url: str,
) -> None:
    async with (
        limited(database_url, database_statement_timeout=60) as server,
        administrator(database_url) as connection,
    ):
        async with locked(database_url, "course"):
            await left_alone(server, connection, NAME)
        answer = await server.ask(NAME["query"])

    assert "errors" not in answer


async def test_a_change_whose_client_has_gone_before_it_could_write_is_not_made(
    database_url: str,
) -> None:
    grades = f'{{ course(courseKey: "{COURSE}") {{ gradebook {{ totalCount }} }} }}'
    async with (
        limited(database_url, database_statement_timeout=60) as server,
        administrator(database_url) as connection,
    ):
        body = {"query": RECORD, "variables": {"input": scores(0.5)}}
        async with locked(database_url, "problem_score"):
            await left_alone(server, connection, body)
        stored = await connection.fetchval("select count(*) from problem_score")
        answer = await server.ask(grades)

    assert stored == 0
    assert "errors" not in answer
