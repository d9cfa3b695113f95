"""Values are kept as they were written, while their marks and what is selected stay the same."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple, cast

import orjson
import pytest
import strawberry
from graphql import DocumentNode, ExecutionResult, execute, parse, validate
from strawberry.execution import optimized_is_awaitable
from strawberry.utils.await_maybe import await_maybe

from compiled import CompiledExecutor, KeptValues, in_batches, kept_by


class Mark(NamedTuple):
    subject: Hashable
    state: Hashable
    keepable: bool = True


@dataclass
class Farm:
    """What a field is marked with, and how often it was resolved."""

    state: int = 0
    marked: bool = True
    keepable: bool = True
    resolved: list[list[str]] = field(default_factory=list)


Info = strawberry.Info[Farm, None]


def marks_of(sources: Sequence["Hen"], info: Info, **_given: object) -> list[Mark | None]:
    farm = info.context
    return [
        Mark(one.name, farm.state, farm.keepable) if farm.marked and one.name != "Wild" else None
        for one in sources
    ]


async def nests_of(
    sources: Sequence["Hen"], info: Info, at_least: int | None = None
) -> list["Nest | None"]:
    info.context.resolved.append([one.name for one in sources])
    eggs = info.context.state + (at_least or 0)
    return [None if one.name == "Idle" else Nest(eggs=eggs) for one in sources]


@strawberry.type
class Straw:
    blades: int = 7

    @strawberry.field
    def counted_by(self, info: Info) -> int:
        return len(info.context.resolved)


@strawberry.type
class Nest:
    eggs: int

    @strawberry.field
    def straw(self) -> list[Straw]:
        return [Straw()]

    @strawberry.field
    def text(self, times: int = 1, words: list[str] | None = None) -> str:
        return f"{self.eggs} " * times + " ".join(words or [])

    @strawberry.field
    def broken(self) -> int:
        raise RuntimeError("an egg is broken")


SETTLED: Final = {
    "Nest": frozenset({"eggs", "straw", "text", "broken"}),
    "Straw": frozenset({"blades"}),
}


@strawberry.type
class Hen:
    name: str

    @strawberry.field(  # type: ignore[untyped-decorator]
        metadata={**in_batches(nests_of), **kept_by(marks_of, SETTLED)}
    )
    async def nest(self, info: Info, at_least: int | None = None) -> Nest | None:
        (nest,) = await nests_of([self], info, at_least)
        return nest


@strawberry.type
class Query:
    @strawberry.field
    def hens(self, names: list[str] | None = None) -> list[Hen]:
        return [Hen(name=one) for one in names or ["Ada", "Bea"]]


SCHEMA: Final = strawberry.Schema(Query)._schema
ALL: Final = 1_000_000


@cache
def parsed(document: str) -> DocumentNode:
    """Parse a document; the same text is the same document, as on a server."""
    node = parse(document)
    assert validate(SCHEMA, node) == []
    return node


async def asked(
    document: str, farm: Farm, kept: KeptValues | None, **variables: object
) -> dict[str, Any]:
    """Execute a document; return the answer as a client reads it."""

    class Keeping(CompiledExecutor):
        kept_values = kept

    executing = execute(
        SCHEMA,
        parsed(document),
        context_value=farm,
        variable_values=variables,
        executor_class=Keeping,
        is_awaitable=cast(Any, optimized_is_awaitable),
    )
    result: ExecutionResult = await await_maybe(executing)
    answer: dict[str, Any] = orjson.loads(orjson.dumps(result.formatted))
    return answer


def nests(answer: dict[str, Any]) -> list[Any]:
    assert "errors" not in answer
    return [one["nest"] for one in answer["data"]["hens"]]


async def test_what_was_written_is_not_resolved_again() -> None:
    farm, kept = Farm(state=3), KeptValues(ALL)
    document = "{ hens { name nest { eggs straw { blades __typename } } } }"

    first = await asked(document, farm, kept)
    again = await asked(document, farm, kept)

    assert farm.resolved == [["Ada", "Bea"]]
    assert again == first == await asked(document, farm, None)
    assert nests(first)[0] == {"eggs": 3, "straw": [{"blades": 7, "__typename": "Straw"}]}


async def test_those_that_are_not_kept_are_resolved_beside_those_that_are() -> None:
    farm, kept = Farm(), KeptValues(ALL)
    document = "query ($names: [String!]) { hens(names: $names) { name nest { eggs } } }"
    await asked(document, farm, kept, names=["Ada", "Wild"])

    some = await asked(document, farm, kept, names=["Idle", "Wild", "Ada", "Bea"])
    again = await asked(document, farm, kept, names=["Bea", "Idle"])

    assert farm.resolved == [["Ada", "Wild"], ["Idle", "Wild", "Bea"]]
    assert nests(some) == [None, {"eggs": 0}, {"eggs": 0}, {"eggs": 0}]
    assert nests(again) == [{"eggs": 0}, None]


async def test_another_state_is_another_value() -> None:
    farm, kept = Farm(), KeptValues(ALL)
    document = "{ hens { nest { eggs } } }"
    await asked(document, farm, kept)
    farm.state = 1

    assert nests(await asked(document, farm, kept)) == [{"eggs": 1}, {"eggs": 1}]
    farm.state = 0
    assert nests(await asked(document, farm, kept)) == [{"eggs": 0}, {"eggs": 0}]
    assert len(farm.resolved) == 3


@pytest.mark.parametrize("farm", [Farm(keepable=False), Farm(marked=False)])
async def test_what_is_not_to_be_kept_is_not(farm: Farm) -> None:
    kept = KeptValues(ALL)
    document = "{ hens { nest { eggs } } }"

    await asked(document, farm, kept)
    await asked(document, farm, kept)

    assert len(farm.resolved) == 2


async def test_what_may_not_be_kept_is_taken_from_what_is() -> None:
    farm, kept = Farm(), KeptValues(ALL)
    document = "{ hens { nest { eggs } } }"
    await asked(document, farm, kept)
    farm.keepable = False

    await asked(document, farm, kept)

    assert len(farm.resolved) == 1


async def test_where_anything_else_is_selected_nothing_is_kept() -> None:
    farm, kept = Farm(), KeptValues(ALL)
    document = "{ hens { nest { eggs straw { countedBy } } } }"

    await asked(document, farm, kept)
    second = await asked(document, farm, kept)

    assert nests(second)[0] == {"eggs": 0, "straw": [{"countedBy": 2}]}


async def test_variables_below_make_another_value() -> None:
    farm, kept = Farm(), KeptValues(ALL)
    document = """query ($least: Int, $times: Int! = 1, $words: [String!], $with: Boolean! = true) {
      hens(names: ["Ada"]) {
        nest(atLeast: $least) { text(times: $times, words: $words) eggs @include(if: $with) }
      }
    }"""
    asking: list[dict[str, object]] = [
        {},
        {"least": 5},
        {"least": None},
        {"times": 2},
        {"words": ["a", "b"]},
        {"words": ["a b"]},
        {"with": False},
    ]

    for _ in range(2):
        for given in asking:
            found = await asked(document, farm, kept, **given)
            assert found == await asked(document, Farm(), None, **given), given
    assert len(farm.resolved) == len(asking)


async def test_an_error_below_is_told_every_time_and_nothing_is_kept() -> None:
    farm, kept = Farm(), KeptValues(ALL)
    document = "{ hens { nest { eggs broken } } }"
    expected = await asked(document, Farm(), None)
    assert len(expected["errors"]) == 2

    assert await asked(document, farm, kept) == expected
    assert await asked(document, farm, kept) == expected


async def test_selections_are_told_apart() -> None:
    farm, kept = Farm(state=2), KeptValues(ALL)
    document = "{ hens { a: nest { eggs } b: nest { text } c: nest { number: eggs } } }"

    first = await asked(document, farm, kept)
    again = await asked(document, farm, kept)

    assert again == first
    assert first["data"]["hens"][0] == {"a": {"eggs": 2}, "b": {"text": "2 "}, "c": {"number": 2}}


def test_no_more_is_kept_than_there_is_room_for() -> None:
    kept = KeptValues(3 * (500 + 100))
    marks = [Mark(number, "state") for number in range(4)]
    for mark in marks[:3]:
        kept.keep("selection", mark, "x" * 90)
    assert kept.find("selection", marks[:1]) != [None]  # asked for last

    kept.keep("selection", marks[3], "x" * 90)

    found = [one is not None for one in kept.find("selection", marks)]
    assert found == [True, False, True, True]


def test_what_is_larger_than_the_room_is_written_and_not_kept() -> None:
    kept = KeptValues(100)
    mark = Mark("subject", "state")

    written = kept.keep("selection", mark, {"a": 1})

    assert orjson.dumps(written) == b'{"a":1}'
    assert kept.find("selection", [mark]) == [None]


def test_a_value_that_is_kept_again_takes_its_own_place() -> None:
    kept = KeptValues(2 * (500 + 20))
    for state in range(50):
        kept.keep("selection", Mark("often", state), "value")
    kept.keep("selection", Mark("once", 0), "value")
    kept.keep("selection", Mark("often", 50), "value")

    marks = [Mark("once", 0), Mark("often", 49), None, Mark("often", 50)]
    found = [one is not None for one in kept.find("selection", marks)]
    assert found == [True, False, False, True]
