"""Records scores until it is killed: `python -m tests.delivery.writer URL SEED`.

Some of its transactions are slow and some are rolled back after everything was written.
"""

import asyncio
import random
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch

from db.connection import connected
from db.errors import DBConnectionError, OperationalError
from db.learner_records import save_records
from resolvers import scores
from tests.delivery.scenery import course_and_learners, some_scores
from tests.factories import context_of

TASKS: Final = 3
PAUSE: Final = 0.03  # seconds between two transactions of a task
UNDONE: Final = 0.15  # the share of transactions that are rolled back
SLOW: Final = 0.1  # the share of transactions that stay open for up to 50 milliseconds


class RolledBack(Exception):
    pass


def roll_back_some(chance: random.Random) -> None:
    """Have some transactions of this process fail when all their rows are written."""

    async def save(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        await save_records(*args, **kwargs)
        if chance.random() < SLOW:
            await asyncio.sleep(chance.uniform(0, 0.05))
        if chance.random() < UNDONE:
            raise RolledBack

    patch("resolvers.score_recording.save_records", save).start()


async def write_forever(url: str, seed: int) -> None:
    """Record scores of all learners, always something new."""
    roll_back_some(random.Random(seed))
    async with connected(url):
        course, _ = await course_and_learners()

        async def write(chance: random.Random) -> None:
            while True:
                # The database is restarted under our hands.
                with suppress(RolledBack, DBConnectionError, OperationalError):
                    context = context_of(now=datetime.now(UTC))
                    await scores.record(context, course, some_scores(chance))
                await asyncio.sleep(PAUSE)

        await asyncio.gather(
            *(write(random.Random(seed * TASKS + number)) for number in range(TASKS))
        )


if __name__ == "__main__":
    asyncio.run(write_forever(sys.argv[1], int(sys.argv[2])))
