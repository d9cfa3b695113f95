"""Health: a process that turns, and a database that answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from db.connection import connected
from db.errors import DBConnectionError
from db.sql import execute, fetch
from server import health
from server.app import create_app
from server.settings import Settings
from tests.server.live_server import LiveServer


@pytest.fixture
async def client(database: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with a database."""
    transport = httpx.ASGITransport(create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def test_a_server_with_a_database_is_well_and_ready(client: httpx.AsyncClient) -> None:
    well, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (well.status_code, well.text) == (200, "ok\n")
    assert (ready.status_code, ready.text) == (200, "ready\n")


async def test_a_database_that_is_gone_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(sql: str) -> None:
        raise DBConnectionError("gone")

    monkeypatch.setattr("resolvers.readiness.fetch", gone)

    well, ready = await client.get("/healthz"), await client.get("/readyz")

    assert well.status_code == 200
    assert (ready.status_code, ready.text) == (503, "the database does not answer\n")


async def test_a_database_that_hangs_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(sql: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("resolvers.readiness.fetch", never)
    monkeypatch.setattr(health, "READY_TIMEOUT", 0.01)

    ready = await client.get("/readyz")

    assert (ready.status_code, ready.text) == (503, "the database does not answer\n")


async def test_an_old_schema_is_not_ready(client: httpx.AsyncClient) -> None:
    await execute("delete from tortoise_migrations where name = '0003_event_log'")

    ready = await client.get("/readyz")

    assert (ready.status_code, ready.text) == (503, "the schema of the database is old\n")


async def test_a_newer_schema_is_ready(client: httpx.AsyncClient) -> None:
    await execute(
        "insert into tortoise_migrations (app, name, applied_at) values ($1, $2, $3)",
        *("grades", "9999_future", datetime(2026, 1, 1, tzinfo=UTC)),
    )

    assert (await client.get("/readyz")).status_code == 200


async def test_a_database_without_a_schema_is_not_ready(blank_url: str) -> None:
    transport = httpx.ASGITransport(create_app(Settings()))
    async with (
        connected(blank_url),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        ready = await client.get("/readyz")

    assert (ready.status_code, ready.text) == (503, "the database was never migrated\n")


async def test_a_server_whose_events_stand_still_is_not_ready(server: LiveServer) -> None:
    async with httpx.AsyncClient(base_url=f"http://{server.address}") as client:
        before = await client.get("/readyz")
        server.events._tasks[0].cancel()
        await asyncio.sleep(0)
        after = await client.get("/readyz")

    assert (before.status_code, before.text) == (200, "ready\n")
    assert (after.status_code, after.text) == (503, "the event log is not read\n")


@pytest.mark.postgres
async def test_a_database_that_ends_our_connections_is_ready_again(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("not applicable: SQLite has no connections that somebody else could end")
    transport = httpx.ASGITransport(create_app(Settings()))
    async with (
        connected(database_url, pool_size=1),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        await client.get("/readyz")
        with pytest.raises(DBConnectionError):
            await fetch("select pg_terminate_backend(pg_backend_pid())")

        assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_is_only_asked_for(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path)).status_code == 405
