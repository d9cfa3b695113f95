"""Deliveries by processes that are killed at any moment: each event arrives, in order."""

import asyncio
import random
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from db.courses import StoredCourse
from grading import LearnerId
from tests.factories import NOW, record
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.running import logged_ids, registered, until_lag_is_none

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
LEASE = 0.5  # seconds, though a request may take 5: two may then deliver, which repeats and no more


async def start(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.webhooks.deliver_apart", url, str(LEASE)), cwd=PROJECT
    )


async def test_each_event_arrives_in_order_whoever_is_killed(
    course: StoredCourse, database: str
) -> None:
    async with receiving(Receiver(pause=0.05)) as receiver:
        kept = await registered(receiver)
        for number in range(1, 31):
            for learner_id in (LearnerId(1), LearnerId(2)):
                at = NOW + timedelta(minutes=number)
                await record(course, learner_id, {"exam_1": number / 40}, at=at)
        ids = await logged_ids()
        workers = [await start(database) for _ in range(2)]
        chance, kills = random.Random(7), 0
        try:
            async with asyncio.timeout(120):
                while len(receiver.taken) < len(ids):
                    await asyncio.sleep(chance.uniform(1.2, 2.5))
                    victim = chance.randrange(2)
                    workers[victim].kill()
                    await workers[victim].wait()
                    kills += 1
                    workers[victim] = await start(database)
            await until_lag_is_none(kept.webhook)
        finally:
            for worker in workers:
                worker.kill()
                await worker.wait()

    assert kills > 1
    assert receiver.taken == ids
