"""Asking the demonstration course, by one of the design's operations, as one of its people."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from db import courses
from db.event_log import LoggedEvent
from db.event_log_state import Place
from db.learners import Learner
from demo.outline import COURSE_KEY
from events import EventStream
from grading import CourseKey, LearnerId, UsageKey
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.score_recording import ScoreEntry, record_scores
from schema import schema
from server.tokens import viewer_of
from tests.demonstration import NOW
from tests.events.waiting import until
from tests.factories import ORIGIN, enroll
from tests.operations.documents import operations
from tests.schema.following import Following

RUN: Final = COURSE_KEY.removeprefix("course-v1:")


def claimed(username: str, **more: object) -> Viewer:
    """Return who a token says is asking."""
    return viewer_of({"preferred_username": username, **more})


GLOBAL_STAFF: Final = claimed("reader", administrator=True)
COURSE_STAFF: Final = claimed("tevita_halapua")
# She sat the final early. It is hidden until it is due, so she cannot see the result.
LEARNER: Final = claimed("hinemoa_paratareid")


def sequential(name: str) -> str:
    """Return the key of a subsection by its name in the export."""
    return f"block-v1:{RUN}+type@sequential+block@{name}"


def problem(name: str) -> str:
    """Return the key of a problem by its name in the export."""
    return f"block-v1:{RUN}+type@problem+block@{name}"


def forget_contents() -> None:
    """Forget the course versions that this process has read, as after a start."""
    courses._contents.clear()


@dataclass(frozen=True)
class Demonstration:
    """The demonstration course in a database of the test's own, which is connected."""

    engine: str
    statements: list[str]
    events: EventStream[LoggedEvent, Place] | None = None

    @property
    def locks(self) -> int:
        """How many statements a change takes for locks, which SQLite does not need."""
        return 1 if self.engine == "postgres" else 0

    def context(self, viewer: Viewer) -> Context:
        """Return the circumstances of an operation, as the server makes them of a token."""
        return Context(viewer=viewer, claimed=viewer, now=lambda: NOW, events=self.events)

    async def ask(
        self, name: str, viewer: Viewer = GLOBAL_STAFF, /, **variables: object
    ) -> tuple[Any, int]:
        """Return the value of an operation's one root field, and how many statements it took."""
        self.statements.clear()
        result = await schema.execute(operations()[name], variables, self.context(viewer))
        assert result.errors is None, result.errors
        assert result.data is not None
        (value,) = result.data.values()
        return value, len(self.statements)

    async def ask_twice(
        self, name: str, viewer: Viewer = GLOBAL_STAFF, /, **variables: object
    ) -> tuple[Any, tuple[int, int]]:
        """Ask first in a process that knows nothing of the course, then in one that does."""
        forget_contents()
        first, cold = await self.ask(name, viewer, **variables)
        again, warm = await self.ask(name, viewer, **variables)
        assert again == first
        return first, (cold, warm)

    async def refusal(self, name: str, viewer: Viewer, /, **variables: object) -> list[str]:
        """Return the codes of the errors that an operation ends with."""
        result = await schema.execute(operations()[name], variables, self.context(viewer))
        return [(error.extensions or {})["code"] for error in result.errors or []]

    async def subsection_grade_id(self, learner: str, subsection: str) -> str:
        """Return the id of a subsection grade, as the gradebook page has it."""
        page, _ = await self.ask("GradebookPage", courseKey=COURSE_KEY, filter={"search": learner})
        (place,) = [
            at
            for at, column in enumerate(page["columns"])
            if column["usageKey"] == sequential(subsection)
        ]
        (node,) = page["gradebook"]["nodes"]
        return str(node["courseGrade"]["subsectionGrades"][place]["id"])

    async def enroll_more(self, number: int) -> None:
        """Enroll more learners, each with a score."""
        (course,) = (await courses.present_courses([CourseKey(COURSE_KEY)])).values()
        learners = [
            Learner(LearnerId(place), f"newcomer_{place}") for place in range(1000, 1000 + number)
        ]
        ids = await enroll(course, learners)
        entries = [
            ScoreEntry(each, UsageKey(problem("ruler_thumb")), 1.0, 1.0, scored_at=NOW)
            for each in ids
        ]
        await record_scores(course.id, entries, origin=ORIGIN, now=NOW)

    @asynccontextmanager
    async def following(
        self, name: str, viewer: Viewer = GLOBAL_STAFF, /, **variables: object
    ) -> AsyncIterator[Following]:
        """Follow one of the subscriptions, from the moment on at which the block begins."""
        stream = self.events
        assert stream is not None
        before = stream.followers
        results = await schema.stream(operations()[name], variables, self.context(viewer))
        async with aclosing(results):
            following = Following(results)
            # Of a job the present state is read, without joining the stream of events.
            await until(lambda: stream.followers > before or following.has_begun)
            try:
                yield following
            finally:
                await following.leave()
