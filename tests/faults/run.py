"""The proof itself: clients write and read, and much is done to the server meanwhile."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Final

from db.connection import connected
from db.event_log import LoggedEvent
from grading import UsageKey
from tests.delivery.audience import audience
from tests.delivery.run import cursor_at, final_log, running, until_received
from tests.delivery.scenery import set_the_scene
from tests.delivery.subscriber import Subscriber
from tests.delivery.verdict import receipt
from tests.faults.clients import PROBLEMS, Client, one_way_http
from tests.faults.disturbances import Disturbances
from tests.faults.recovery import NotRecovered, faults_of_resources, recovered
from tests.faults.report import Report
from tests.faults.target import Plan, Target, target_of
from tests.faults.verdict import faults_of

_SUBSCRIBERS: Final = 3
_CALM: Final = 0.7  # seconds between two disturbances, at most


async def prove(plan: Plan) -> Report:
    """Ask, disturb and look: say whether all that was acknowledged is there."""
    began = time.monotonic()
    recoveries: list[tuple[str, float]] = []
    faults: list[str] = []
    async with AsyncExitStack() as stack:
        target = await target_of(plan, await stack.enter_async_context(one_way_http()))
        async with connected(target.url):
            await set_the_scene()
        stack.callback(target.server.process.kill)
        await target.server.start()
        start = await cursor_at(target.address)
        subscribers = audience(_SUBSCRIBERS, [target.address], start)
        await stack.enter_async_context(running([each.follow() for each in subscribers]))
        try:
            async with running(list(_clients(target, plan.seed))):
                recoveries += [one async for one in _disturbed(target, plan)]
            faults += await faults_of_resources(target)
        except NotRecovered as error:
            faults.append(str(error))
        await stack.enter_async_context(connected(target.url))
        log = await final_log()
        await until_received(subscribers, lambda: bool(_faults_of_streams(subscribers, log)))
        faults += await faults_of(target.claims)
        faults += _faults_of_streams(subscribers, log)
    return Report(
        claims=target.claims,
        recoveries=tuple(recoveries),
        events=len(log),
        received=sum(each.received for each in subscribers),
        reconnects=sum(each.connections - 1 for each in subscribers),
        took=time.monotonic() - began,
        faults=tuple(faults),
    )


def _clients(target: Target, seed: int) -> Iterator[Awaitable[None]]:
    """Make them; the last problem is for who looks whether the server is well."""

    def client(number: int, *problems: UsageKey) -> Client:
        chance = random.Random(f"{seed} {number}")
        return Client(target.http, target.address, target.claims, chance, problems)

    owned = PROBLEMS[:-1]
    for number in range(0, len(owned) - 3, 2):
        yield client(number, *owned[number : number + 2]).write()
    yield client(len(owned), *owned[-2:]).leave_early()
    yield client(len(owned) + 1, owned[-3]).leave_early()
    yield client(len(owned) + 2).read()


async def _disturbed(target: Target, plan: Plan) -> AsyncIterator[tuple[str, float]]:
    """Do one thing after another, and wait each time until all is well again."""
    chance = random.Random(plan.seed)
    possible = Disturbances(target, chance).all()
    end = time.monotonic() + plan.seconds
    while True:
        for name in chance.sample(list(possible), len(possible)):
            await asyncio.sleep(chance.uniform(0, _CALM))
            if time.monotonic() > end:
                return
            await possible[name]()
            yield name, await recovered(target, chance)


def _faults_of_streams(subscribers: Sequence[Subscriber], log: Sequence[LoggedEvent]) -> list[str]:
    return [fault for each in subscribers for fault in receipt(each, log).faults]
