"""Every rule of GraphQL: compiled, the answer is the stock executor's to the byte."""

import logging
from typing import Any

import orjson
import pytest

from tests.compiled.both_ways import compiled, stock

CAT = "name age weight colour tags matrix born day mother { name day }"
WHOLE = {
    "leaves": f"{{ cats {{ {CAT} }} }}",
    "one object": f"{{ cat {{ {CAT} }} }}",
    "no object": '{ cat(name: "nobody") { name } }',
    "aliases": "{ a: cats { b: name c: name name } cats { d: age } }",
    "merged fields": """{
        cats { mother { name } age mother { day name } }
        cats { mother { age } }
    }""",
    "order": "{ cats { weight mother { day name } purr name friends { name } age } }",
    "fragments": """
        query { cats { ...A ...B ...A } }
        fragment A on Cat { name mother { ...B } }
        fragment B on Cat { age mother { weight } }
    """,
    "type conditions": """{
        beings { name ... on Cat { age } ... on Dog { loyal } ... on Being { __typename } }
    }""",
    "a fragment without a condition": "{ cats { ... { name } ... @skip(if: true) { age } } }",
    "a union": "{ things { __typename ... on Stone { w: weight } ... on Cat { name } } }",
    "an interface": "{ cats { friends { __typename name ... on Cat { age } } } }",
    "type names": "{ cats { __typename t: __typename mother { __typename } } }",
    "a type of which nothing is selected": "{ beings { ... on Cat { name } } }",
    "defaults": """{
        cats { meow a: meow(times: 1) b: meow(loud: true) c: meow(loud: null) }
    }""",
    "input objects": """{
        beings {
            ... on Dog {
                area(size: {width: 2})
                b: area(size: {width: 2, height: 5, unit: "m"}, sizes: [{width: 1}])
            }
        }
    }""",
    "variables": """
        query ($times: Int = 3, $size: Size!, $ids: [ID!]!) {
            cats { meow(times: $times) }
            beings { ... on Dog { area(size: $size, sizes: [$size]) echo(ids: $ids) } }
        }
    """,
    "a batch with arguments": "{ cats { score s: score(factor: 3) } }",
    "coroutines side by side": "{ cats { purr p: purr friends { ... on Cat { purr } } } }",
    "null for a list": "{ nothing { name purr } }",
    "tuples": "{ tuples { name } }",
    "values of enums": "{ colours }",
}
BROKEN = {
    "null for a non-null": "{ odd { name must } }",
    "null in a non-null list": "{ holes { name } }",
    "a resolver that raises": "{ cats { name purr } odd { purr name } }",
    "not a finite number": '{ odd(name: "Heavy") { name weight } }',
    "not 32 bits": '{ odd(name: "Old") { name age } }',
    "a serializer that raises": '{ odd(name: "Torn") { name tags } }',
    "a serializer that returns nothing": '{ odd(name: "Bare") { name tags } }',
    "null for a scalar": '{ odd(name: "Null") { name tags } }',
    "a word for a list": '{ odd(name: "Word") { name tags } }',
    "an exception for a value": '{ odd(name: "Odd") { name score } }',
    "an exception in a list": '{ odd(name: "Odd") { name tags } }',
    "values of another class": "{ odd { weight age name } }",
    "an object of no type": '{ odd(name: "Tom") { friends { name } } }',
    "an object that says it is of no type": "{ feather { weight } }",
    "an object that was cast": '{ odd(name: "Cast") { name } }',
    "not an enum's value": "{ wrongColours }",
    "everything at once": f"{{ odd {{ must score friends {{ name }} {CAT} }} }}",
    "errors below lists": "{ odd { mother { must } friends { name } must tags } }",
    "variables that are missing": """
        query ($times: Int!, $size: Size!) {
            cats { meow(times: $times) }
            beings { ... on Dog { area(size: $size) } }
        }
    """,
    "null for a variable": "query ($null: Int) { cats { meow(times: $null) } }",
    "a variable that overflows": "query ($large: Int) { cats { meow(times: $large) } }",
}
UNCOMPILED = {
    "a resolver's path": "{ cats { w: where mother { where } } }",
    "awaitables from functions": "{ cats { later mother { name } laterMother { name } } }",
    "generators": "{ cats { name oneByOne } generated { name } }",
    "a field with an extension": "{ cats { name shout mother { shout name } } }",
    "a batch that returns too few": "{ cats { few name } }",
    "introspection": "{ __schema { queryType { name fields { name } } } cats { name } }",
    "a type by its name": '{ __type(name: "Cat") { name kind } }',
}
VARIABLES: dict[str, dict[str, Any]] = {
    "variables": {"size": {"width": 4}, "ids": ["a", 5]},
    "null for a variable": {"null": None},
    "a variable that overflows": {"large": 99999999999},
}


@pytest.mark.parametrize("name", WHOLE)
async def test_an_answer_is_the_same(name: str, caplog: pytest.LogCaptureFixture) -> None:
    document, variables = WHOLE[name], VARIABLES.get(name)
    caplog.set_level(logging.DEBUG, "compiled")

    expected = await stock(document, variables)
    found = await compiled(document, variables)

    assert found.text == expected.text
    assert b'"errors"' not in found.text
    assert caplog.messages == [], "the stock executor was asked"


@pytest.mark.parametrize("name", BROKEN)
async def test_errors_are_the_same(name: str) -> None:
    document, variables = BROKEN[name], VARIABLES.get(name)

    expected = await stock(document, variables)

    assert b'"errors"' in expected.text or b"null" in expected.text
    for _ in range(2):
        assert (await compiled(document, variables)).text == expected.text


@pytest.mark.parametrize("name", UNCOMPILED)
async def test_what_cannot_be_compiled_is_answered_all_the_same(name: str) -> None:
    document, variables = UNCOMPILED[name], VARIABLES.get(name)

    expected = await stock(document, variables)

    for _ in range(2):
        assert (await compiled(document, variables)).text == expected.text


@pytest.mark.parametrize("skipped", [True, False])
@pytest.mark.parametrize("included", [True, False])
async def test_what_is_included_may_change_from_one_execution_to_the_next(
    skipped: bool, included: bool
) -> None:
    document = """
        query ($s: Boolean!, $i: Boolean = true) {
            cats { name @skip(if: $s) ...A @include(if: $i) mother @skip(if: $s) { name } }
        }
        fragment A on Cat { age }
    """
    for variables in ({"s": skipped, "i": included}, {"s": not skipped}):
        expected = await stock(document, variables)

        assert (await compiled(document, variables)).text == expected.text


async def test_arguments_are_those_of_each_execution() -> None:
    document = "query ($t: Int!) { cats { meow(times: $t) } }"

    for times in (1, 2, 1):
        answer = orjson.loads((await compiled(document, {"t": times})).text)
        assert [one["meow"] for one in answer["data"]["cats"]] == ["meow " * times] * 3
