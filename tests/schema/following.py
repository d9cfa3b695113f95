"""Subscriptions as the server runs them, followed by one client after the other."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from strawberry.types import ExecutionResult

from db.event_log import LoggedEvent
from db.event_log_state import Place
from events import EventStream
from schema import schema
from tests.events.grade_log import GradeLog
from tests.events.waiting import soon, until
from tests.schema.execution import AS_STAFF, Asking, data
from tests.schema.heat import COURSE_KEY, problem

_RECORD = """
mutation ($input: RecordScoresInput!) {
  recordScores(input: $input) { results { applied } userErrors { code } }
}
"""


class Following:
    """One client's subscription, which it has begun."""

    def __init__(self, results: AsyncGenerator[ExecutionResult, None]) -> None:
        self._results = results
        self._first: asyncio.Task[ExecutionResult] | None = asyncio.create_task(self._read())

    @property
    def has_begun(self) -> bool:
        """Tell whether something has been told already."""
        return self._first is not None and self._first.done()

    async def next(self) -> Any:  # noqa: ANN401
        """Return the next event: the value of the one root field."""
        result = await self._next()
        assert not result.errors, result.errors
        assert result.data is not None
        (event,) = result.data.values()
        return event

    async def several(self, count: int) -> list[Any]:
        """Return the next events."""
        return [await self.next() for _ in range(count)]

    async def refusal(self) -> tuple[str, str]:
        """Return code and message of the error that ends it."""
        result = await self._next()
        (error,) = result.errors or []
        assert result.data is None
        assert await soon(anext(self._results, None)) is None
        return (error.extensions or {})["code"], error.message

    async def end(self) -> None:
        """Wait for the end; fail where another event comes first."""
        try:
            result = await self._next()
        except StopAsyncIteration:
            return
        raise AssertionError(result)

    async def _next(self) -> ExecutionResult:
        first, self._first = self._first, None
        return await soon(self._read() if first is None else first)

    async def _read(self) -> ExecutionResult:
        return await anext(self._results)

    async def leave(self) -> None:
        """Stop following, whatever it waits for."""
        if self._first is not None:
            self._first.cancel()
            await asyncio.wait([self._first])


@dataclass
class Live:
    """A running stream of events, and who asks while it runs."""

    stream: EventStream[LoggedEvent, Place]

    def asking(self, asking: Asking = AS_STAFF) -> Asking:
        return replace(asking, events=self.stream)

    @asynccontextmanager
    async def following(
        self,
        document: str,
        asking: Asking = AS_STAFF,
        *,
        operation_name: str | None = None,
        **variables: object,
    ) -> AsyncIterator[Following]:
        """Subscribe; without ``after`` among the variables, wait until the stream is followed."""
        before = self.stream.followers
        results = await schema.stream(
            document,
            variables,
            self.asking(asking).context(),
            operation_name=operation_name,
        )
        async with aclosing(results):
            following = Following(results)
            first = following._first
            assert first is not None
            await until(lambda: self.stream.followers > before or first.done())
            try:
                yield following
            finally:
                await following.leave()

    async def record(
        self,
        username: str,
        name: str,
        given: float | None,
        maximum: float,
        *,
        hour: int = 0,
        course_key: str = COURSE_KEY,
        usage_key: str | None = None,
    ) -> None:
        """Record a score through the API, which wakes the stream."""
        score = {
            "learner": {"username": username},
            "usageKey": usage_key or problem(name),
            "scoreGiven": given,
            "scoreMaximum": maximum,
            "timestamp": f"2026-02-02T{hour:02}:00:00Z",
        }
        answered = await data(
            _RECORD, self.asking(), input={"courseKey": course_key, "scores": [score]}
        )
        assert answered["recordScores"] == {"results": [{"applied": True}], "userErrors": []}


@asynccontextmanager
async def live() -> AsyncIterator[Live]:
    """Run a stream of the connected database's events."""
    async with EventStream(GradeLog()) as stream:
        yield Live(stream)
