"""Counts a learner up in a process of its own: `python -m tests.db.count_up URL TIMES`."""

import asyncio
import sys

from db.connection import connected
from db.sql import execute, fetch
from db.transaction import grade_transaction, retrying


@retrying
async def count_up(learner_id: int = 7) -> None:
    """Add one by reading first and writing afterwards, the way grades are updated."""
    async with grade_transaction(1, [learner_id]):
        ((total,),) = await fetch("select total from counter where learner_id = $1", learner_id)
        await asyncio.sleep(0)
        await execute("update counter set total = $1 where learner_id = $2", total + 1, learner_id)


async def main(url: str, times: int) -> None:
    """Count up in that many tasks at once."""
    async with connected(url, models="tests.db.counter_models"):
        await asyncio.gather(*(count_up() for _ in range(times)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
