"""The proof itself: scores are written, clients follow, and much is done to both meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import httpx

from db.connection import connected
from db.errors import DBConnectionError, OperationalError
from db.event_log import LoggedEvent, has_incomplete_events
from db.sql import fetch
from tests.delivery.audience import audience
from tests.delivery.http_writer import write_over_http
from tests.delivery.report import Report
from tests.delivery.scenery import set_the_scene
from tests.delivery.stage import Plan, stage_of
from tests.delivery.subscriber import Subscriber
from tests.delivery.verdict import committed, faults_of_log, receipt

PATIENCE: Final = 30.0  # seconds without progress after which what is missing counts as lost
_LOOK: Final = 0.1  # seconds


async def prove(plan: Plan) -> Report:
    """Write, disturb and follow; say who got what."""
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        stage = await stage_of(plan)
        stack.callback(stage.kill_all)
        await stack.enter_async_context(connected(stage.url))
        await set_the_scene()
        await asyncio.gather(*(each.start() for each in stage.servers))
        addresses = [each.address for each in stage.servers]
        clients = audience(plan.subscribers, addresses, await cursor_at(addresses[0]))
        await stack.enter_async_context(running([client.follow() for client in clients]))
        stage.add_writers()
        async with running([write_over_http(addresses, plan.seed)]):
            trials = stage.trials()
            share = plan.events // (len(trials) + 1)
            for trial in trials:
                await _until_logged(share)
                await trial()
            await _until_logged(share)
        wrote = time.monotonic() - began
        ended = stage.ended_writers()
        for each in stage.writers:
            each.kill()
        log = await final_log()
        receipts = [receipt(client, log) for client in clients]
        await until_received(clients, lambda: any(each.missing for each in receipts))
        return Report(
            committed=len(log),
            receipts=tuple(receipts),
            faults=(
                *ended,
                *(fault for each in receipts for fault in each.faults),
                *await faults_of_log(log),
            ),
            trials=len(trials),
            listeners=await stage.listeners(),
            wrote_for=wrote,
            took=time.monotonic() - began,
        )


async def cursor_at(address: str) -> str:
    """Ask a server for the cursor behind all that happened."""
    async with httpx.AsyncClient(timeout=10) as client:
        asked = {"query": "{ gradeEventsCursor }"}
        answer = await client.post(f"http://{address}/graphql", json=asked)
    return str(answer.json()["data"]["gradeEventsCursor"])


@asynccontextmanager
async def running(runs: Sequence[Awaitable[None]]) -> AsyncIterator[None]:
    """Have these run for the length of a block; what fails in them fails at its end."""
    tasks = [asyncio.ensure_future(run) for run in runs]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until_logged(more: int) -> None:
    end = None
    async with asyncio.timeout(300):
        while True:
            with suppress(DBConnectionError, OperationalError):
                ((count,),) = await fetch("select count(*) from grade_event")
                if end is None:
                    end = count + more
                if count >= end:
                    return
            await asyncio.sleep(_LOOK)


async def final_log() -> list[LoggedEvent]:
    """Wait until nothing is added to the log any more, and return it."""
    log: list[LoggedEvent] = []
    while True:
        # Servers still finish requests that nobody waits for any more.
        await asyncio.sleep(10 * _LOOK)
        now = await committed()
        if now == log and not await has_incomplete_events():
            return log
        log = now


async def until_received(clients: Sequence[Subscriber], waits: Callable[[], bool]) -> None:
    """Wait for what clients miss, as long as anything comes."""
    received, since = -1, time.monotonic()
    while waits() and time.monotonic() - since < PATIENCE:
        now = sum(len(client.seen) for client in clients)
        if now != received:
            received, since = now, time.monotonic()
        await asyncio.sleep(_LOOK)
    await asyncio.sleep(1)  # for what should not come any more
