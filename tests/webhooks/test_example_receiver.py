"""The example of a receiver, as a process of its own that is killed and started again."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

import resolvers.delivering
from db.courses import StoredCourse
from grading import LearnerId
from resolvers.webhooks import KeptWebhook, WebhookKind, register
from tests.factories import NOW, record
from tests.webhooks.receiver import SOON
from tests.webhooks.running import context_now, delivering, logged_ids, until_lag_is_none

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parents[2] / "examples" / "webhook_receiver" / "receive.py"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(
    secret: str, port: int, output: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the example until the end of the block, which kills it."""
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    with output.open("ab") as printed:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(PROGRAM)), env=environment, stdout=printed
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def registered_at(port: int) -> tuple[KeptWebhook, str]:
    """Register the example; return its secret as well."""
    url = f"http://127.0.0.1:{port}/"
    kept = await register(context_now(), WebhookKind.EVENTS, {"url": url, "batch_size": 2})
    assert kept.secret is not None
    return kept, kept.secret


async def play(course: StoredCourse, begin: int, rounds: int) -> None:
    for number in range(begin, begin + rounds):
        for learner_id in (LearnerId(1), LearnerId(2)):
            at = NOW + timedelta(minutes=number)
            await record(course, learner_id, {"exam_1": number / 40}, at=at)


def printed_ids(output: Path) -> list[str]:
    return [line.split()[0] for line in output.read_text(encoding="utf-8").splitlines()]


async def test_each_event_is_printed_in_order_though_the_receiver_is_killed(
    course: StoredCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers.delivering, "BACKOFF", timedelta(milliseconds=20))
    monkeypatch.setattr(resolvers.delivering, "LONGEST_PAUSE", timedelta(milliseconds=80))
    port, output = free_port(), tmp_path / "events.txt"
    kept, secret = await registered_at(port)
    await play(course, 1, 8)
    async with delivering():
        async with running(secret, port, output):
            async with asyncio.timeout(SOON):
                while len(printed_ids(output)) < 4:
                    await asyncio.sleep(0.005)
        await play(course, 9, 4)
        async with running(secret, port, output):
            await until_lag_is_none(kept.webhook)

    printed, ids = printed_ids(output), await logged_ids()
    # What was printed by who was killed before the answer is printed once more by the next one.
    assert list(dict.fromkeys(printed)) == ids
    assert len(printed) <= len(ids) + 2


async def test_what_is_not_signed_is_refused_and_not_printed(
    course: StoredCourse, tmp_path: Path
) -> None:
    port, output = free_port(), tmp_path / "events.txt"
    async with running("a secret", port, output), httpx.AsyncClient() as client:
        async with asyncio.timeout(SOON):
            while True:
                try:
                    refused = await client.post(f"http://127.0.0.1:{port}/", content=b"{}")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)

    assert refused.status_code == 401
    assert printed_ids(output) == []
