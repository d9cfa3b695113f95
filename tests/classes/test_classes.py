"""A class is graded exactly once, whoever is killed; `python -m tests.classes` has more of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.classes.run import prove
from tests.classes.stage import Plan
from tests.postgres import cluster, server_programs

LEARNERS = 2_000

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def own_database(postgres_server: str) -> Iterator[str]:
    """The one database of a server that nobody else's tests use."""
    programs = server_programs()
    assert programs is not None
    with cluster(programs) as server:
        yield f"{server}/postgres"


async def test_a_class_is_regraded_exactly_once_by_servers_that_are_killed(
    own_database: str, tmp_path: Path
) -> None:
    plan = Plan(LEARNERS, 12, own_database, tmp_path, lease=2, idle=2)

    report = await prove(plan)

    assert report.faults == (), "\n".join(report.lines())
    assert report.kills > 0
    assert {job.total for job in report.jobs.values()} == {LEARNERS}
