"""The design's queries are answered the same, compiled or by Strawberry's own executor."""

import logging
from typing import Any, Final

import orjson
import pytest

from demo.outline import COURSE_KEY
from resolvers.access import Viewer
from schema import schema
from tests.compiled.executors import COMPILED, STOCK, executing_on
from tests.operations.asking import COURSE_STAFF, GLOBAL_STAFF, LEARNER, Demonstration
from tests.operations.documents import operations
from tests.shared_material import requires_shared

pytestmark = [pytest.mark.shared, requires_shared]

PEOPLE: Final = {"global staff": GLOBAL_STAFF, "staff": COURSE_STAFF, "learner": LEARNER}
QUERIES: Final = sorted(name for name, text in operations().items() if text.startswith("query"))


KNOWN: Final[dict[str, object]] = {
    "courseKey": COURSE_KEY,
    "courseKeys": [COURSE_KEY],
    "learner": {"username": "hinemoa_paratareid"},
    "scores": [],
    "first": 7,
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_is_answered_the_same(
    demonstration: Demonstration, name: str, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    document = operations()[name]
    known = {**KNOWN, "id": await demonstration.subsection_grade_id("duc_trinhle", "midterm")}
    variables = {one: value for one, value in known.items() if f"${one}:" in document}

    async def answer(executor: type[Any], viewer: Viewer) -> bytes:
        with executing_on(executor):
            result = await schema.execute(document, variables, demonstration.context(viewer))
        errors = [error.formatted for error in result.errors or ()]
        for error in errors:
            error.get("extensions", {}).pop("requestId", None)
        return orjson.dumps([result.data, errors, result.extensions])

    caplog.set_level(logging.DEBUG, "compiled")
    compiled = await answer(COMPILED, PEOPLE[who])

    assert compiled == await answer(STOCK, PEOPLE[who])
    assert b"$" not in compiled, "a variable is missing"
    if who != "learner":
        assert [one.message for one in caplog.records if one.name.startswith("compiled")] == []
