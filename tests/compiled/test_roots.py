"""Root fields: what they are given, how they fail, and that none is resolved twice."""

import logging
from typing import Any, Final

import pytest

from tests.compiled.both_ways import Answered, compiled, stock

LID = {"wideSide": 2, "names": ["a", None], "shade": "PALE"}
# Documents by what they are about, with variables that are sent one after the other.
GIVEN: Final[dict[str, tuple[str, list[dict[str, Any]]]]] = {
    "nothing": ("{ told }", [{}]),
    "constants": (
        """{ told(
            text: "t" number: -3 share: 2 sure: true id: 5 shade: PALE
            when: "2026-01-02T03:04:05+00:00" lid: {wideSide: 1.5} lids: [null, {wideSide: 1}]
            whom: {name: "n"} names: "one" shades: [[DARK, null], [PALE]]
        ) }""",
        [{}],
    ),
    "nulls": ("{ told(number: null, lid: null, names: null, whom: null, lids: null) }", [{}]),
    "scalars": (
        """query ($t: String!, $n: Int, $f: Float, $b: Boolean, $i: ID, $w: DateTime) {
            told(text: $t, number: $n, share: $f, sure: $b, id: $i, when: $w)
        }""",
        [
            {"t": "a"},
            {"t": "", "n": None, "f": None, "b": None, "i": None, "w": None},
            {"t": "é", "n": -1, "f": 1, "b": False, "i": 7, "w": "2026-01-02T03:04:05Z"},
            {"t": "a", "n": 3.0, "f": 1.5, "b": True, "i": "x", "unknown": 1},
            {"t": "a", "n": 0},
        ],
    ),
    "defaults": (
        """query ($t: String! = "d", $n: Int = 5, $s: Shade! = PALE, $l: Lid = {wideSide: 3}) {
            told(text: $t, number: $n, shade: $s, lid: $l)
        }""",
        [{}, {"n": None, "l": None}, {"t": "a", "n": 6, "s": "DARK", "l": LID}],
    ),
    "enums": (
        "query ($s: Shade!, $l: [[Shade]!]) { told(shade: $s, shades: $l) }",
        [{"s": "DARK"}, {"s": "PALE", "l": [["DARK", None], []]}, {"s": "DARK", "l": "PALE"}],
    ),
    "input objects": (
        "query ($l: Lid, $m: [Lid]) { told(lid: $l, lids: $m) }",
        [{}, {"l": LID}, {"l": {"wideSide": 1}, "m": [LID, None]}, {"m": LID}, {"m": None}],
    ),
    "input objects in themselves": (
        "query ($b: Box) { told(box: $b) }",
        [{}, {"b": {"width": 1}}, {"b": {"width": 1, "inner": {"width": 2, "unit": None}}}],
    ),
    "one of several": (
        "query ($w: Whom!) { told(whom: $w) }",
        [{"w": {"id": 3}}, {"w": {"name": "n"}}, {"w": {"lid": LID}}],
    ),
    "variables in constants": (
        """query ($n: String!, $w: Float!, $s: [Shade]!) {
            told(whom: {name: $n}, lids: [{wideSide: $w, names: [$n]}], names: [$n] shades: [$s])
        }""",
        [{"n": "a", "w": 1, "s": []}, {"n": "b", "w": 2, "s": ["PALE", None]}],
    ),
    "lists that a resolver changes": (
        """query ($n: [String!] = ["d"], $m: [String!]) {
            told(names: $n) a: told(names: ["c"]) b: told(names: $m)
        }""",
        [{}, {}, {"n": ["x"], "m": ["y"]}, {}],
    ),
    "several roots": (
        """query ($t: String!) {
            a: mayTell(text: $t) b: tellAtOnce(text: $t) c: mustTell(text: $t, again: 2)
            cats { name } cat { name purr } __typename
        }""",
        [{"t": "x"}, {"t": "y"}],
    ),
    "roots that are merged": (
        """query ($n: String!) {
            cat(name: $n) { name } ...More cat(name: $n) { age mother { name } } told
        }
        fragment More on Query { cat(name: $n) { mother { day } } told ...Most }
        fragment Most on Query { again: told }""",
        [{"n": "Tom"}, {"n": "nobody"}, {"n": "Ann"}],
    ),
    "roots that are left out": (
        """query ($s: Boolean!, $i: Boolean = true) {
            mayTell(text: "a") @skip(if: $s) told @include(if: $i) ... @skip(if: $s) { b: told }
        }""",
        [{"s": True}, {"s": False}, {"s": True, "i": False}, {"s": False, "i": False}],
    ),
    "introspection beside data": (
        '{ told __schema { queryType { name } } __type(name: "Cat") { name } mayTell(text: "a") }',
        [{}, {}],
    ),
    "changes": (
        """mutation ($t: String!) {
            a: change(text: $t) b: mustChange(text: "b") __typename c: born(name: $t) { name }
        }""",
        [{"t": "a"}, {"t": "b"}],
    ),
}
WRONG: Final[dict[str, tuple[str, list[dict[str, Any]]]]] = {
    "variables": (
        """query ($t: String!, $n: Int, $l: Lid, $w: Whom, $s: Shade, $i: [String!]) {
            told(text: $t, number: $n, lid: $l, whom: $w, names: $i) mayTell(text: $t)
            a: told @include(if: true) b: cats { colour } c: told(text: $t, shades: [[$s]])
        }""",
        [
            {},
            {"t": None},
            {"t": 5},
            {"t": "a", "n": "1"},
            {"t": "a", "n": 2**31},
            {"t": "a", "n": 1.5},
            {"t": "a", "n": True},
            {"t": "a", "l": {}},
            {"t": "a", "l": {"wideSide": "x"}},
            {"t": "a", "l": {"wideSide": 1, "unknown": 2}},
            {"t": "a", "l": {"wideSide": None}},
            {"t": "a", "l": []},
            {"t": "a", "w": {}},
            {"t": "a", "w": {"id": 1, "name": "n"}},
            {"t": "a", "w": {"name": None}},
            {"t": "a", "w": {"name": "n", "unknown": None}},
            {"t": "a", "s": "PURPLE"},
            {"t": "a", "s": 1},
            {"t": "a", "i": ["a", None]},
            {"t": "a", "i": [1]},
            {"t": 1, "n": "1", "l": 1, "w": 1, "s": 1, "i": 1},
        ],
    ),
    "null for a default": (
        'query ($a: Int = 3, $s: Shade = PALE) { mustTell(text: "a", again: $a) told(shade: $s) }',
        [{"a": None}, {"s": None}, {"a": None, "s": None}],
    ),
    "one root": (
        "query ($t: String!) { mayTell(text: $t) }",
        [{"t": "wrong"}, {"t": "null"}, {"t": "error"}],
    ),
    "one root that must be": (
        "query ($t: String!) { mustTell(text: $t) }",
        [{"t": "wrong"}, {"t": "null"}, {"t": "error"}],
    ),
    "one of several roots": (
        """query ($t: String!) {
            a: mayTell(text: "a") b: mayTell(text: $t) c: mustTell(text: "c")
            d: tellAtOnce(text: $t) cat { name }
        }""",
        [{"t": "wrong"}, {"t": "null"}, {"t": "error"}],
    ),
    "what must be among others": (
        'query ($t: String!) { a: mayTell(text: "a") b: mustTell(text: $t) c: mayTell }',
        [{"t": "wrong"}, {"t": "null"}, {"t": "error"}],
    ),
    "below a root": (
        '{ a: odd { must } b: mayTell(text: "b") c: cat { name purr must } }',
        [{}],
    ),
    "a change": (
        """mutation ($t: String!) {
            a: change(text: "a") b: change(text: $t) c: change(text: "c")
            d: born(name: "D") { must }
            e: change(text: "e")
        }""",
        [{"t": "wrong"}, {"t": "null"}, {"t": "error"}],
    ),
    "a change that must be made": (
        """mutation ($t: String!) {
            a: change(text: "a") b: mustChange(text: $t) c: change(text: "c")
        }""",
        [{"t": "wrong"}, {"t": "null"}, {"t": "error"}],
    ),
}


def _same(found: Answered, expected: Answered) -> None:
    assert found.text == expected.text
    assert found.calls.single == expected.calls.single


@pytest.mark.parametrize("name", GIVEN)
async def test_a_root_is_given_the_same(name: str) -> None:
    document, sent = GIVEN[name]
    for variables in [*sent, *sent]:
        expected = await stock(document, variables)

        assert b'"errors"' not in expected.text
        _same(await compiled(document, variables), expected)


@pytest.mark.parametrize("name", WRONG)
async def test_a_root_fails_in_the_same_way(name: str) -> None:
    document, sent = WRONG[name]
    await compiled(document, {"t": "a"})  # only what was once built is kept
    for variables in [*sent, *sent]:
        expected = await stock(document, variables)

        assert b"null" in expected.text
        _same(await compiled(document, variables), expected)


async def test_the_library_coerces_nothing_that_is_as_usual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document, sent = GIVEN["scalars"]
    for variables in sent:
        await compiled(document, variables)

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the library was asked")

    for name in ("executor.get_variable_values", "executor.get_argument_values"):
        monkeypatch.setattr(f"graphql.execution.{name}", asked)
    monkeypatch.setattr("strawberry.schema.schema_converter.convert_arguments", asked)
    for variables in sent:
        assert b'"errors"' not in (await compiled(document, variables)).text


async def test_what_the_library_has_to_resolve_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "compiled")

    await compiled("{ told(box: {width: 1}) }")

    message = "the stock executor resolves told: input that may be nested without end"
    assert caplog.messages == [message]
