"""The proof itself: a whole class is regraded by two servers that are killed on the way."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from db.connection import connected
from db.migrate import migrate
from db.sql import fetch
from grading import LearnerId
from tests.classes.probes import Latencies, Probe, ask
from tests.classes.report import IDLE, Report
from tests.classes.scenery import BUSY, policy_input, set_the_scene
from tests.classes.stage import Plan, Stage, stage_of
from tests.classes.verdict import (
    faults_of_recomputation,
    faults_of_return,
    faults_since,
    remember,
)
from tests.classes.watching import Watched, watch
from tests.delivery.run import running
from tests.factories import COURSE
from tests.invariants import broken_rules

_FEW: Final = 5_000  # learners of whom all that is stored may be read at once
_PATIENCE: Final = 60.0  # seconds until a job must have been accepted
_UPDATE: Final = """
mutation Update($input: UpdateGradesInput!) {
  done: updateGrades(input: $input) { job { id } userErrors { message } }
}
"""
_CHANGE: Final = """
mutation Change($input: UpdateGradingPolicyInput!) {
  done: updateGradingPolicy(input: $input) { job { id } userErrors { message } }
}
"""


async def prove(plan: Plan) -> Report:
    """Grade a class for the first time, change the policy, and change it back."""
    await migrate(plan.postgres)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(connected(plan.postgres, statement_timeout=0))
        await set_the_scene(plan.learners, plan.subsections)
        stage = stage_of(plan)
        stack.callback(stage.kill_all)
        await asyncio.gather(*(each.start() for each in stage.servers))
        run = _Run(plan, stage, random.Random(plan.seed))
        async with running(run.clients()):
            await run.stand_idle()
            await run.to_its_end()
            await run.stand_idle()
        run.faults += [fault async for fault in faults_of_recomputation()]
        if plan.learners <= _FEW:
            run.faults += await broken_rules()
        return run.report()


@dataclass
class _Run:
    plan: Plan
    stage: Stage
    chance: random.Random
    latencies: Latencies = field(default_factory=Latencies)
    jobs: dict[str, Watched] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def clients(self) -> Sequence[Any]:
        """Have a reader and a writer at each server."""
        probes = [
            Probe(address, self.latencies, self.chance, self.plan.learners)
            for address in self.stage.addresses
        ]
        return [run() for probe in probes for run in (probe.read, probe.write)]

    async def stand_idle(self) -> None:
        """Take latencies with nothing else going on: before and after, for the machine changes."""
        with self.latencies.during(IDLE):
            await asyncio.sleep(self.plan.idle)

    def report(self) -> Report:
        """Say what it came to."""
        return Report(
            self.plan.learners,
            self.jobs,
            self.stage.kills,
            self.latencies,
            (*self.faults, *self.latencies.refused),
        )

    async def to_its_end(self) -> None:
        """Run one job after another, and look at what each leaves behind."""
        parts = (self.plan.learners - BUSY) * self.plan.subsections
        everybody = {"courseKey": COURSE}
        await self._job("first grades", _UPDATE, everybody, new_subsections=parts)
        await remember("first_grades")
        other = {**everybody, **policy_input(other=True)}
        await self._job("another policy", _CHANGE, other, killing=True)
        back = {**everybody, **policy_input(other=False)}
        await self._job("and back", _CHANGE, back)
        self.faults += [fault async for fault in faults_of_return("first_grades")]

    async def _job(
        self,
        name: str,
        document: str,
        input: dict[str, Any],
        *,
        new_subsections: int = 0,
        killing: bool = False,
    ) -> None:
        remembered = f"before_{len(self.jobs)}"
        last_event = await remember(remembered)
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            body = await ask(http, self.stage.addresses[0], document, {"input": input})
        node = body["data"]["done"]["job"]
        assert node is not None, body
        ((job_id,),) = await fetch("select max(id) from grade_job")
        kills = self.stage.kills_now_and_then(self.chance) if killing else nullcontext()
        async with kills:
            with self.latencies.during(name):
                self.jobs[name] = await watch(job_id)
        self.faults += self.jobs[name].faults
        self.faults += [
            fault
            async for fault in faults_since(remembered, last_event, new_subsections=new_subsections)
        ]
        quiet = faults_of_recomputation(LearnerId(BUSY))
        self.faults += [fault async for fault in quiet]
