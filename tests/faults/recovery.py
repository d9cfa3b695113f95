"""Whether a server has come back by itself, and has everything that it had."""

import asyncio
import random
import time
from contextlib import suppress
from typing import Any, Final

import httpx

from tests.factories import COURSE
from tests.faults.clients import PROBLEMS, Client
from tests.faults.target import POOL, WORKERS, Target

LONGEST: Final = 30.0  # seconds that a server may take to recover
ROUNDS: Final = 3  # who answers a request is left to chance
_IN_A_ROW: Final = 6  # connections, so that each worker is likely to have answered
_WAITING: Final = """
select count(*) from pg_stat_activity where datname = current_database()
and application_name = 'coursegrade' and wait_event_type = 'Lock' and state = 'active'
"""
_LEFT: Final = """
select application_name, state, query from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
and application_name like 'coursegrade%'
"""
_LISTENING: Final = (
    "select count(*) from pg_stat_activity where datname = current_database()"
    " and application_name = 'coursegrade wake-up'"
)
_NAME: Final = {"query": f'{{ course(courseKey: "{COURSE}") {{ displayName }} }}'}


class NotRecovered(Exception):
    """The server did not come back in time."""


async def recovered(target: Target, chance: random.Random) -> float:
    """Wait until it is ready and takes writes; return how many seconds that took.

    :raises NotRecovered: if it does not.
    """
    began = time.monotonic()
    prober = Client(target.http, target.address, target.claims, chance, PROBLEMS[-1:])
    good = 0
    try:
        async with asyncio.timeout(LONGEST):
            while good < _IN_A_ROW:
                ready = await _is_ready(target) and await prober.record()
                good = good + 1 if ready else 0
                if not ready:
                    await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise NotRecovered(f"it was not ready again within {LONGEST:g} s") from error
    return time.monotonic() - began


async def _is_ready(target: Target) -> bool:
    try:
        answer = await target.http.get(f"http://{target.address}/readyz")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


async def faults_of_resources(target: Target) -> list[str]:
    """Tell what a server without any load still holds of PostgreSQL, or has lost of its pools."""
    if target.data is None:
        return []
    async with target.administrator() as connection:
        return [
            *await _missing_workers(connection),
            *await _left_over(connection),
            *await _lost_connections(target, connection),
        ]


async def _missing_workers(connection: Any) -> list[str]:  # noqa: ANN401
    """Wait until each worker listens: one that was killed last may not be back yet."""
    listening = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            while (listening := await connection.fetchval(_LISTENING)) != WORKERS:
                await asyncio.sleep(0.1)
            return []
    return [f"of {WORKERS} workers {listening} came back"]


async def _left_over(connection: Any) -> list[str]:  # noqa: ANN401
    found: list[Any] = []
    for _ in range(100):
        found = await connection.fetch(_LEFT)
        locks = await connection.fetchval("select count(*) from pg_locks where locktype='advisory'")
        # Those who look at the log may be at it for a moment.
        if not found and not locks:
            return []
        await asyncio.sleep(0.05)
    return [f"after all is over, {locks} locks are held, and these run: {found}"]


async def _lost_connections(target: Target, watching: Any) -> list[str]:  # noqa: ANN401
    """Let readers wait for a lock, until each connection of each pool is taken."""
    most = 0
    for _ in range(ROUNDS):
        most = max(most, await _connections_taken(target, watching))
        if most == POOL * WORKERS:
            return []
    return [f"of {POOL * WORKERS} connections in the pools {most} can be used"]


async def _connections_taken(target: Target, watching: Any) -> int:  # noqa: ANN401
    taken = 0
    asking: list[asyncio.Task[None]] = []
    async with target.administrator() as connection, connection.transaction():
        await connection.execute("lock table course in access exclusive mode")
        for _ in range(15 * POOL * WORKERS):
            # One by one: of requests that come at once, one worker may take all.
            asking.append(asyncio.create_task(_ask(target)))
            await asyncio.sleep(0.03)
            # Not over the connection with the lock: in a transaction it sees the same for ever.
            taken = await watching.fetchval(_WAITING)
            if taken == POOL * WORKERS:
                break
    await asyncio.gather(*asking)
    return taken


async def _ask(target: Target) -> None:
    with suppress(httpx.TransportError):
        await target.http.post(f"http://{target.address}/graphql", json=_NAME)
