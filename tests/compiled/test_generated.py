"""Random operations on our schema: compiled, each is answered as by the stock executor."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, cast

import orjson
import pytest
from graphql import GraphQLObjectType
from hypothesis import HealthCheck, Phase, given, settings
from strawberry.types import ExecutionResult

from db.connection import connected
from schema import schema
from tests.compiled.executors import COMPILED, STOCK, executing_on
from tests.fuzz.documents import Known, documents
from tests.fuzz.test_operations import known_of
from tests.schema.execution import data, without_limits
from tests.schema.people import both_courses, context_of

PEOPLE: Final = ["global staff", "staff", "learner", "classmate", "anonymous"]
# Of these queries everybody else is told that they may not ask.
FOR_FEW: Final = {"webhooks": {"global staff"}}
_QUERY: Final = cast(GraphQLObjectType, schema._schema.query_type)
FIELDS: Final = sorted({*_QUERY.fields} - {"gradeEventsCursor"})
FEW: Final = 15
MANY: Final = 100


class Stage:
    """Two courses with grades, and a loop of its own."""

    def __init__(self, database: Path) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.outcomes: Counter[str] = Counter()
        self.known = self._runner.run(self._open(database))

    async def _open(self, database: Path) -> Known:
        schema.keep_values(1_000_000)
        await self._stack.enter_async_context(connected(f"sqlite:///{database}"))
        began = await data("{ gradeEventsCursor }")
        await both_courses()
        return await known_of(began)

    def compare(self, who: str, document: str) -> None:
        """Run an operation both ways."""
        expected = self._runner.run(self._answer(STOCK, who, document))
        found = self._runner.run(self._answer(COMPILED, who, document))
        assert orjson.dumps(found) == orjson.dumps(expected)
        for _ in ("to be kept", "from what is kept"):
            kept = self._runner.run(self._answer(COMPILED, who, document, written_at_once=True))
            assert orjson.dumps(kept) == orjson.dumps(expected)
        self.outcomes["refused" if expected["data"] is None else "answered"] += 1
        self.outcomes["with errors"] += bool(expected["errors"])

    async def _answer(
        self, executor: type[Any], who: str, document: str, *, written_at_once: bool = False
    ) -> dict[str, Any]:
        without_limits()
        with executing_on(executor):
            result: ExecutionResult = await schema.execute(
                document, None, context_of(who), written_at_once=written_at_once
            )
        errors = [error.formatted for error in result.errors or ()]
        return {"data": result.data, "errors": errors, "extensions": result.extensions}

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    database = tmp_path_factory.mktemp("compiled") / "grades.sqlite3"
    shutil.copyfile(sqlite_template, database)
    opened = Stage(database)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"]
)
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("field", FIELDS)
def test_a_random_operation_is_answered_as_by_the_stock_executor(
    stage: Stage, field: str, who: str, examples: int
) -> None:
    stage.outcomes.clear()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(documents("Query", field, stage.known))
    def compare(document: str) -> None:
        stage.compare(who, document)

    compare()

    # Who is nobody, and asks in earnest, is refused.
    refused = who == "anonymous" or who not in FOR_FEW.get(field, PEOPLE)
    assert stage.outcomes["answered"] + refused > 0, stage.outcomes
