"""Random operations, in process: each is answered or refused with a code, and in time."""

import asyncio
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import GraphQLError
from hypothesis import HealthCheck, Phase, given, seed, settings
from strawberry.types import ExecutionResult

from db.connection import connected
from resolvers.courses import require_course
from resolvers.grade_jobs import start_regrade
from schema import schema
from schema.global_id import global_id
from tests.fuzz.documents import Known, documents
from tests.invariants import broken_rules
from tests.schema.execution import AS_STAFF, data
from tests.schema.following import Live, live
from tests.schema.heat import ADA, COURSE_KEY, heat_course, problem, sequential

pytestmark = pytest.mark.slow

TIMES: Final = int(os.environ.get("FUZZ_TIMES", "1"))
EXAMPLES: Final = {"Query": 60, "Mutation": 40, "Subscription": 40}
LONGEST: Final = 5.0  # seconds of this process's time for one operation
SILENCE: Final = 0.2  # seconds after which a stream has nothing to tell
_CODE: Final = re.compile("[A-Z][A-Z_]+")
_ROOTS: Final = [
    pytest.param(root, field, id=f"{root}.{field}")
    for root in EXAMPLES
    for field in getattr(schema._schema, f"{root.lower()}_type").fields
]


class Stage:
    """A course with grades, events that are followed, and a loop of its own."""

    def __init__(self, database: Path) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.outcomes: Counter[str] = Counter()
        self._live, self.known = self._runner.run(self._open(database))

    async def _open(self, database: Path) -> tuple[Live, Known]:
        await self._stack.enter_async_context(connected(f"sqlite:///{database}"))
        began = await data("{ gradeEventsCursor }")
        await heat_course()
        return await self._stack.enter_async_context(live()), await known_of(began)

    def ask(self, root: str, document: str) -> None:
        """Run an operation; fail if it fails in a way that nobody foresaw."""
        began = time.process_time()
        result = self._runner.run(self._result(root, document))
        assert time.process_time() - began < LONGEST
        for error in result.errors or []:
            self._check(error)
        outcome = "refused" if result.errors else "answered"
        self.outcomes[outcome] += 1

    async def _result(self, root: str, document: str) -> ExecutionResult:
        context = self._live.asking(AS_STAFF).context()
        if root != "Subscription":
            return await schema.execute(document, context_value=context)
        results = await schema.stream(document, context_value=context)
        async with aclosing(results):
            try:
                async with asyncio.timeout(SILENCE):
                    return await anext(results)
            except (TimeoutError, StopAsyncIteration):
                return ExecutionResult(data={}, errors=None)

    def _check(self, error: GraphQLError) -> None:
        code = (error.extensions or {}).get("code")
        assert isinstance(code, str), error
        assert _CODE.fullmatch(code), error
        assert code != "INTERNAL_ERROR", error.original_error or error
        assert error.message
        self.outcomes[code] += 1

    def broken_rules(self) -> list[str]:
        return self._runner.run(broken_rules())

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()


async def known_of(began: dict[str, Any]) -> Known:
    """Ask for what there is to be named."""
    answer = await data(
        f'{{ course(courseKey: "{COURSE_KEY}") {{ id sections {{ id }} gradebook(first: 1) {{'
        " edges { cursor node { id learner { id } courseGrade { id subsectionGrades { id } } } }"
        " } } gradeEvents(first: 3) { edges { cursor node { id } } } gradeEventsCursor }"
    )
    context = AS_STAFF.context()
    job = await start_regrade(context, await require_course(context, COURSE_KEY), [], force=True)
    text = str(answer)
    ids = re.findall(r"'id': '([^']+)'", text)
    cursors = re.findall(r"[cC]ursor': '([^']+)'", text)
    return {
        "ID": [
            *ids,
            *[global_id("GradeJob", job.id)] * 4,
            str(ADA.id),
            ADA.username,
            "bea",
            "SIS-11",
            "-1",
            "9" * 30,
            "Q291cnNlOjE",
        ],
        "CourseKey": [COURSE_KEY] * 4 + ["course-v1:Acme+Cold+2026", "course-v1:a+b"],
        "UsageKey": [problem("p1"), problem("p6"), sequential("hw1"), problem("nothing"), "block"],
        "cursor": [began["gradeEventsCursor"]] * 4 + [*cursors, cursors[0][:-2], "W10", "eyJ9"],
    }


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    database = tmp_path_factory.mktemp("fuzz") / "grades.sqlite3"
    shutil.copyfile(sqlite_template, database)
    opened = Stage(database)
    yield opened
    opened.close()


@pytest.mark.parametrize(("root", "field"), _ROOTS)
def test_a_random_operation_is_answered_or_refused_with_a_code(
    stage: Stage, root: str, field: str
) -> None:
    stage.outcomes.clear()

    @settings(
        max_examples=EXAMPLES[root] * TIMES,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(documents(root, field, stage.known))
    def ask(document: str) -> None:
        stage.ask(root, document)

    # What is drawn depends on the modules that were imported before: it may all be refused.
    for number in range(5):
        seed(number)(ask)()
        if stage.outcomes["answered"]:
            break

    assert stage.outcomes["answered"] > 0, stage.outcomes
    assert stage.broken_rules() == []
