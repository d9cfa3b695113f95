"""No fault costs a score; `python -m tests.faults` does more of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.claims import Answer
from tests.faults.report import Report
from tests.faults.run import prove
from tests.faults.target import Plan
from tests.postgres import cluster, server_programs

pytestmark = pytest.mark.slow


@pytest.fixture
def own_server(postgres_server: str) -> Iterator[str]:
    """A server that nobody else's tests use."""
    programs = server_programs()
    assert programs is not None
    with cluster(programs) as server:
        yield server


def assert_all_is_well(report: Report, disturbances: int) -> None:
    assert report.faults == (), "\n".join(report.lines())
    assert len(report.recoveries) >= disturbances
    assert report.claims.count(Answer.ACKNOWLEDGED) >= 50
    assert report.received >= report.events > 0


async def test_a_killed_server_loses_and_doubles_nothing_on_sqlite(tmp_path: Path) -> None:
    report = await prove(Plan(seconds=8, folder=tmp_path))

    assert_all_is_well(report, 1)


@pytest.mark.postgres
async def test_killed_workers_and_databases_lose_and_double_nothing(
    own_server: str, tmp_path: Path
) -> None:
    report = await prove(Plan(seconds=15, folder=tmp_path, postgres=own_server))

    assert_all_is_well(report, 2)
