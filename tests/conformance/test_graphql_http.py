"""Audits that others wrote of how a server speaks GraphQL over HTTP."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server.live_server import LiveServer, serving, settings_of

FOLDER = Path(__file__).parent
PATIENCE = 60.0  # seconds

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture(scope="module")
def node() -> str:
    """Node, which has the packages it needs."""
    found = shutil.which("node")
    if found is not None and (FOLDER / "node_modules").is_dir():
        return found
    reason = "Node or the audits' packages are not installed (`make conformance`)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[LiveServer]:
    """A development server whose database is empty."""
    async with serving(settings_of(database_url)) as live:
        yield live


async def test_all_audits_of_graphql_http_pass_without_a_warning(
    server: LiveServer, node: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(node, "graphql-http.mjs", server.graphql), cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        output, _ = await process.communicate()
    results = [json.loads(line) for line in output.splitlines()]

    assert process.returncode == 0
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
