"""Records scores over HTTP, at whichever server answers."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import httpx

from tests.delivery.scenery import some_problems
from tests.factories import COURSE

PAUSE: Final = 0.04  # seconds between two requests
_RECORD: Final = """
mutation Record($input: RecordScoresInput!) {
  recordScores(input: $input) { results { __typename } userErrors { __typename } }
}
"""


async def write_over_http(addresses: Sequence[str], seed: int) -> None:
    """Record scores until cancelled; those that fail are not sent again."""
    chance = random.Random(seed)
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            now = datetime.now(UTC).isoformat()
            recorded = {
                "courseKey": COURSE,
                "scores": [
                    {
                        "learner": {"userId": str(learner_id)},
                        "usageKey": problem,
                        "scoreGiven": earned,
                        "scoreMaximum": 1.0,
                        "timestamp": now,
                    }
                    for learner_id, problem, earned in some_problems(chance)
                ],
            }
            # Whether it was stored or not: what counts is in the log.
            with suppress(httpx.TransportError):
                await client.post(
                    f"http://{chance.choice(addresses)}/graphql",
                    json={"query": _RECORD, "variables": {"input": recorded}},
                )
            await asyncio.sleep(PAUSE)
