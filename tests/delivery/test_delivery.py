"""No committed event is lost, whatever is killed; `python -m tests.delivery` does more of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.report import Report
from tests.delivery.run import prove
from tests.delivery.stage import Plan
from tests.postgres import cluster, server_programs

EVENTS = 2_000
SUBSCRIBERS = 9  # one of each kind

pytestmark = pytest.mark.slow


@pytest.fixture
def own_server(postgres_server: str) -> Iterator[str]:
    """A server that nobody else's tests use."""
    programs = server_programs()
    assert programs is not None
    with cluster(programs) as server:
        yield server


def plan(folder: Path, **changes: object) -> Plan:
    chosen = {"events": EVENTS, "subscribers": SUBSCRIBERS, "writers": 2, **changes}
    return Plan(folder=folder, **chosen)  # type: ignore[arg-type]


def assert_nothing_was_lost(report: Report) -> None:
    assert report.faults == (), "\n".join(report.lines())
    assert report.committed >= EVENTS
    assert report.reconnects >= SUBSCRIBERS
    # Some clients store their cursor now and then only, and get events again: ids tell.
    assert report.duplicates > 0


async def test_killed_servers_and_writers_lose_nothing_on_sqlite(tmp_path: Path) -> None:
    report = await prove(plan(tmp_path))

    assert_nothing_was_lost(report)


@pytest.mark.postgres
async def test_killed_servers_writers_and_databases_lose_nothing_on_postgres(
    own_server: str, tmp_path: Path
) -> None:
    report = await prove(plan(tmp_path, postgres=own_server))

    assert_nothing_was_lost(report)
    assert report.listeners == 3


@pytest.mark.postgres
async def test_without_notify_nothing_is_lost_either(own_server: str, tmp_path: Path) -> None:
    report = await prove(plan(tmp_path, postgres=own_server, notify=False))

    assert_nothing_was_lost(report)
    assert report.listeners == 0
