"""What is called for an answer, how often, and what is kept of it."""

from collections.abc import Callable
from typing import Any, Final, cast

import pytest
from graphql import ExecutionResult
from strawberry.execution import optimized_is_awaitable
from strawberry.utils.await_maybe import await_maybe

from compiled import CompiledExecutor
from compiled.plans import KEPT, _kept
from tests.compiled.both_ways import SCHEMA, answered, compiled, parsed, stock
from tests.compiled.executors import COMPILED, STOCK
from tests.compiled.small import Calls, Cat, small_schema

OTHER: Final = small_schema()._schema


async def test_a_batch_is_asked_once_for_all_objects_of_a_level() -> None:
    found = await compiled("{ cats { friends { name } score } }")

    assert sorted(found.calls.batches) == [("friends", 3), ("score", 3)]
    alone = await stock("{ cats { friends { name } score } }")
    assert sorted(alone.calls.batches) == [("friends", 1)] * 3 + [("score", 1)] * 3


async def test_a_change_is_made_once_whatever_fails_in_its_answer() -> None:
    document = 'mutation { a: born(name: "A") { must purr } b: born(name: "B") { name must } }'

    found = await compiled(document)

    assert [one for one in found.calls.single if one.startswith("born")] == ["born A"]
    assert found.text == (await stock(document)).text


async def test_changes_are_made_one_after_the_other() -> None:
    document = 'mutation { a: born(name: "A") { purr } b: born(name: "B") { name } }'

    found = await compiled(document)

    assert found.calls.single == ["born A", "purr", "born B"]
    assert found.text == (await stock(document)).text


async def test_what_cannot_be_compiled_is_not_tried_for_ever() -> None:
    document = "{ tuples { where } }"

    found = [await compiled(document) for _ in range(4)]

    assert {one.text for one in found} == {(await stock(document)).text}
    # First the list was tried, and then an object of it.
    assert [len(one.calls.single) for one in found] == [4, 4, 3, 3]


async def test_middleware_is_heeded() -> None:
    def loud(
        resolve: Callable[..., object], source: object, info: object, **given: object
    ) -> object:
        value = resolve(source, info, **given)
        return value.upper() if isinstance(value, str) else value

    document = "{ cats { name tags mother { name } } }"

    found = await answered(COMPILED, document, middleware=[loud])

    assert b"TOM" in found.text
    assert found.text == (await answered(STOCK, document, middleware=[loud])).text


async def test_a_document_may_be_executed_on_several_schemas() -> None:
    document = "{ cats { name friends { name } } }"

    found = [await answered(COMPILED, document, schema=one) for one in (SCHEMA, OTHER, SCHEMA)]

    assert {one.text for one in found} == {(await stock(document)).text}
    assert [one.calls.batches for one in found] == [[("friends", 3)]] * 3


async def test_each_event_has_its_own_circumstances() -> None:
    executor = CompiledExecutor.build(
        SCHEMA,
        parsed("subscription { born { purr } }"),
        context_value=Calls(),
        is_awaitable=cast(Any, optimized_is_awaitable),
    )
    assert isinstance(executor, CompiledExecutor)
    for name in ("Tom", "Ann"):
        event = executor.build_per_event_executor(Cat(name=name))
        event.context_value = calls = Calls()
        result: object = await await_maybe(event.execute_operation(serially=False))

        assert result == ExecutionResult({"born": {"purr": f"{name} purrs"}}, None)
        assert calls.single == ["purr"]


async def test_what_is_kept_is_bounded() -> None:
    for number in range(KEPT + 10):
        await compiled(f"{{ a{number}: cats {{ name }} }}")

    assert len(_kept) == KEPT
    await compiled("{ a0: cats { name } }")
    assert len(_kept) == KEPT


async def test_what_is_compiled_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    document = "{ cats { name age friends { name ... on Cat { age weight } } } }"
    monkeypatch.setattr("compiled.compiling.MOST_FIELDS", 5)

    found = await compiled(document)

    assert found.text == (await stock(document)).text
    assert found.calls.batches == [("friends", 1)] * 3


async def test_many_fields_are_kept_of_few_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiled.plans.KEPT_FIELDS", 20)

    for number in range(10):
        await compiled(f"{{ b{number}: cats {{ name age weight tags colour born }} }}")

    assert len(_kept) == 3
    assert sum(plans.fields for plans in _kept.values()) == 18
