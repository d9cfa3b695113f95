"""``doctor`` on PostgreSQL: what may lose data, and what holds events back. Each fault is real."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg  # type: ignore[import-untyped]
import pytest

from cli import doctor_postgres
from cli.finding import Finding, Verdict
from db.connection import connected
from db.diagnosis import server_version
from server.settings import Settings
from tests.postgres import SETTINGS, cluster, server_programs

pytestmark = pytest.mark.postgres


def _settings(**changes: object) -> Settings:
    return Settings.model_validate({"development": True, **changes})


@pytest.fixture
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """An empty PostgreSQL database: its URL."""
    administrator = await asyncpg.connect(f"{postgres_server}/postgres")
    await administrator.execute("create database doctor")
    yield f"{postgres_server}/doctor"
    await administrator.execute("drop database doctor with (force)")
    await administrator.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[str]:
    """An empty PostgreSQL database that the test is connected to: its URL."""
    async with connected(postgres_url):
        yield postgres_url


async def test_a_postgres_server_is_looked_at_from_all_sides(postgres: str) -> None:
    found = await doctor_postgres.findings(_settings(database_url=postgres))

    assert [one.verdict for one in found] == [
        *[Verdict.FINE] * 3,
        Verdict.WRONG,  # the tests' server saves itself the disk
        *[Verdict.FINE] * 5,
    ]
    assert found[3].sentence == (
        "PostgreSQL: a crash may lose grades that were acknowledged: fsync, synchronous_commit, "
        "full_page_writes off. Turn them on."
    )


async def test_an_old_postgres_is_wrong(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_postgres, "OLDEST", await server_version() + 1)

    assert (await doctor_postgres.version()).verdict is Verdict.WRONG


@pytest.mark.parametrize(("seconds", "where"), [(90, "90 s ahead of"), (-90, "90 s behind")])
async def test_a_clock_that_shows_another_time_is_wrong(
    postgres: str, seconds: int, where: str
) -> None:
    found = await doctor_postgres.clock(datetime.now(UTC) + timedelta(seconds=seconds))

    assert found == Finding(
        Verdict.WRONG,
        f"Clock: this machine is {where} PostgreSQL's. Set both by NTP: tokens expire and courses "
        "freeze by them.",
    )


async def test_a_database_that_takes_no_changes_is_wrong(postgres_url: str) -> None:
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute("alter database doctor set default_transaction_read_only = on")
    await administrator.close()

    async with connected(postgres_url):
        found = await doctor_postgres.writable()

    assert found.verdict is Verdict.WRONG
    assert found.sentence.startswith("PostgreSQL: the database takes no changes.")


async def test_more_connections_than_the_server_takes_are_wrong(postgres: str) -> None:
    found = await doctor_postgres.connections(_settings(workers=4, database_pool_size=50))

    assert found == Finding(
        Verdict.WRONG,
        "Connections: this host may open 204 = 4 x (50 + 1), and PostgreSQL takes 197. Lower "
        "COURSEGRADE_DATABASE_POOL_SIZE or the workers, or raise max_connections.",
    )


async def test_a_transaction_that_stays_open_is_wrong(postgres: str) -> None:
    other = await asyncpg.connect(postgres, server_settings={"application_name": "forgotten"})
    async with other.transaction():
        await other.execute("create table left_open ()")
        found = await doctor_postgres.transactions(longest=0)
    await other.close()

    assert found.verdict is Verdict.WRONG
    assert "(forgotten) has a transaction open for 0 s" in found.sentence
    assert (await doctor_postgres.transactions(longest=0)).verdict is Verdict.FINE


@pytest.mark.slow
async def test_prepared_transactions_and_slots_without_readers_are_wrong(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SETTINGS, "max_prepared_transactions", "2")
    programs = server_programs()
    assert programs is not None
    with cluster(programs) as server:
        async with connected(f"{server}/postgres"):
            other = await asyncpg.connect(f"{server}/postgres")
            await other.execute("begin; create table t (); prepare transaction 'forgotten'")
            await other.execute("select pg_create_physical_replication_slot('left', true)")

            prepared = await doctor_postgres.prepared(longest=0)
            noted = await doctor_postgres.slots()
            await other.execute("rollback prepared 'forgotten'")
            wrong = await doctor_postgres.slots(allowed=-1)
            await other.close()

    assert prepared.verdict is Verdict.WRONG
    assert "the transaction 'forgotten' is prepared for 0 s" in prepared.sentence
    assert noted.verdict is Verdict.NOTE
    assert wrong.verdict is Verdict.WRONG
    assert "nobody reads the slot 'left'" in wrong.sentence


async def test_a_pooler_that_swallows_notifications_is_wrong(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "events.notify_probe.notification_arrives.__kwdefaults__", {"patience": 0.3}
    )
    async with _deaf_pooler(postgres) as url:
        found = await doctor_postgres.notifications(url)

    assert found.verdict is Verdict.WRONG
    assert found.sentence.startswith("LISTEN and NOTIFY: a notification does not arrive")
    assert (await doctor_postgres.notifications(postgres)).verdict is Verdict.FINE


@asynccontextmanager
async def _deaf_pooler(url: str) -> AsyncIterator[str]:
    """Forward everything to PostgreSQL, and back everything but notifications."""
    address, _, database = url.rpartition("/")
    host, _, port = address.rpartition("@")[2].partition(":")
    handle = partial(_forward, host, int(port))
    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        own = server.sockets[0].getsockname()[1]
        yield f"postgres://postgres@127.0.0.1:{own}/{database}?sslmode=disable"


async def _forward(
    host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    far_reader, far_writer = await asyncio.open_connection(host, port)
    forth = asyncio.create_task(_copy(reader, far_writer))
    try:
        while True:
            head = await far_reader.readexactly(5)
            body = await far_reader.readexactly(int.from_bytes(head[1:]) - 4)
            if head[:1] != b"A":
                writer.write(head + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        forth.cancel()
        writer.close()
        far_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
