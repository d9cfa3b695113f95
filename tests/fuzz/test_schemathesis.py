"""schemathesis, a fuzzer of another maker, against the whole server on a throw-away database."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from db.connection import connected
from tests.conftest import run_apart
from tests.invariants import broken_rules
from tests.live_server import LiveServer, serving

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = 20
OPERATIONS: Final = 10  # queries and mutations
FEWEST: Final = 200  # cases, on the slowest of machines
DATABASE: Final = "fuzzed.sqlite3"
# Checks that find what is meant to be so here, each with its reason; all others are on.
EXCLUDED: Final = {
    "positive_data_acceptance": "it knows nothing of @oneOf, of the forms of our scalars and of "
    "limits, and takes what these refuse for valid",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with the demonstration course, of which nothing need be left."""
    options = ("--demo", "--database-url", f"sqlite:///{DATABASE}")
    with serving(tmp_path, *options, COURSEGRADE_LOG_FORMAT="json") as live:
        yield live


def errors_logged(log: Path) -> list[dict[str, Any]]:
    """Return what the server took for a bug."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    entries = [json.loads(line) for line in lines]
    return [entry for entry in entries if entry["level"] in {"error", "critical"}]


async def rules_broken_in(database: Path) -> list[str]:
    async with connected(f"sqlite:///{database}"):
        return await broken_rules()


def test_schemathesis_finds_no_error_of_the_server(server: LiveServer, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/graphql"),
            *("--checks", "all", "--exclude-checks", ",".join(EXCLUDED)),
            *("--max-time", str(SECONDS), "--seed", "1", "--workers", "2", "--no-color"),
            *("--max-response-time", "5", "--report", "json", "--report-json-path", str(report)),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.fuzz.schemathesis_hooks",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "hypothesis"),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]
    found = json.loads(report.read_text())
    assert found["operations"]["tested"] == found["operations"]["total"] >= OPERATIONS
    assert found["test_cases"]["generated"] >= FEWEST
    for change in ("recordScores", "updateGrade", "updateGrades"):
        assert found["valid_rates"][f"Mutation.{change}"]["fuzzing"]["accepted"] > 0
    assert errors_logged(server.log) == []
    assert run_apart(rules_broken_in(tmp_path / DATABASE)) == []
