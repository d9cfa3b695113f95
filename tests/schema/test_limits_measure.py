"""What a document has, counted once: depth, aliases, fields, with fragments in their places."""

import pytest
from graphql import get_introspection_query, parse

from schema.limits import Limits, Measure, measure
from schema.limits.check import excesses
from schema.limits.measure import CEILING


def measured(text: str) -> Measure:
    return measure(parse(text))


def bomb(levels: int, leaf: str) -> str:
    """Double a fragment so many times."""
    doubled = [
        f"fragment F{number} on Query {{ ...F{number + 1} ...F{number + 1} }}"
        for number in range(levels)
    ]
    return " ".join(["{ ...F0 }", *doubled, f"fragment F{levels} on Query {{ {leaf} }}"])


def codes(text: str) -> list[str]:
    """Return what a document is refused for, with the default limits."""
    return [str((error.extensions or {})["code"]) for error in excesses(measured(text), Limits())]


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("{ a }", 1),
        ("{ a { b } c }", 2),
        ("{ a { ... { b { ... on C { d } } } } }", 3),
        ("{ ...A } fragment A on Query { a { ...B } } fragment B on B { b { c } }", 3),
        ("query { a { b } } query { a { b { c { d } } } }", 4),
        ("fragment Unused on Query { a { b { c } } } { a }", 3),
        ("{ ...Unknown }", 0),
        ("{ a { ...A } } fragment A on A { b { ...A } }", 2),
    ],
)
def test_depth_is_the_longest_way_through_fields(text: str, depth: int) -> None:
    assert measured(text).depth == depth


@pytest.mark.parametrize(
    ("text", "depth", "inside"),
    [
        ("{ __schema { types { name } } }", 0, 3),
        ("{ a { b } __type(name: 1) { name } }", 2, 2),
        ("{ ...A } fragment A on Query { __schema { ...B } } fragment B on __S { a { b } }", 0, 3),
        ("{ x: __typename }", 1, 0),
    ],
)
def test_the_depth_of_introspection_is_another(text: str, depth: int, inside: int) -> None:
    found = measured(text)

    assert (found.depth, found.introspection_depth) == (depth, inside)


def test_the_usual_introspection_is_just_within() -> None:
    text = get_introspection_query(
        schema_description=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        input_value_deprecation=True,
    )

    assert measured(text).introspection_depth == 15
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "aliases", "fields"),
    [
        ("{ a b: c }", 1, 2),
        ("{ a { b: c d: e } }", 2, 3),
        ("{ x { ...A } y { ...A } } fragment A on A { a: b c }", 2, 8),
        ("{ ... { a } }", 0, 2),
    ],
)
def test_aliases_and_fields_are_counted_where_fragments_are_spread(
    text: str, aliases: int, fields: int
) -> None:
    found = measured(text)

    assert (found.aliases, found.fields) == (aliases, fields)


def test_the_fields_at_the_top_are_those_of_fragments_too() -> None:
    assert measured("{ a ...A ... { d } } fragment A on Query { b c }").root_fields == 4


def test_repeats_are_of_one_response_name_in_one_place() -> None:
    assert measured("{ a { b b } c { b } }").repeats == 2
    assert measured("{ a: b a: c ...A } fragment A on Query { a }").repeats == 3


def test_directives_and_lists_are_counted_as_they_are_written() -> None:
    text = """
    query Q($a: [Int] = [1, 2, 3] @x) @y {
      a(b: [[1, 2, 3, 4], 2], c: {d: [1]}) @x @y @z(e: [1, 2, 3, 4, 5])
      ...F @x
    }
    fragment F on Query @x { a @x @x ... @x { b } }
    """
    found = measured(text)

    assert (found.directives, found.directives_in_one_place, found.list_items) == (10, 3, 5)


@pytest.mark.parametrize("leaf", ["a", "a: b { c }", ""])
def test_a_bomb_of_fragments_is_measured_in_a_moment(leaf: str) -> None:
    found = measured(bomb(49, leaf))

    assert found.fields == CEILING
    assert codes(bomb(49, leaf))[:1] != []


def test_a_long_chain_of_fragments_is_no_matter() -> None:
    opened, closed = "{ a " * 150, " }" * 150
    chain = [f"fragment F{n} on Query {opened} {{ ...F{n + 1} }} {closed}" for n in range(40)]

    assert measured("{ ...F0 } " + " ".join(chain)).depth == 150 * 40


def test_a_fragment_that_has_a_namesake_is_measured() -> None:
    twice = "{ a } fragment A on Q { a } fragment A on Q { a { b { c } } } fragment A on Q { a }"

    assert measured(twice).depth == 3
    assert measured(twice).fragments == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" ".join(f"query Q{n} {{ a }}" for n in range(11)), "TOO_MANY_OPERATIONS"),
        ("{ a }" + " fragment F on Q { a }" * 51, "TOO_MANY_FRAGMENTS"),
        ("{ a " * 13 + "}" * 13, "TOO_DEEP"),
        ("{ __schema " + "{ a " * 15 + "}" * 16, "TOO_DEEP"),
        ("{ " + " ".join(f"a{n}" for n in range(21)) + " }", "TOO_MANY_ROOT_FIELDS"),
        ("{ a { " + " ".join(f"a{n}: b" for n in range(31)) + " } }", "TOO_MANY_ALIASES"),
        ("{ a { " + " ".join(f"a{n}" for n in range(1_000)) + " } }", "TOO_MANY_FIELDS"),
        ("{ a { " + "b " * 61 + " } }", "TOO_MANY_REPEATS"),
        ("{ a { b @x @x @x @x @x } }", "TOO_MANY_DIRECTIVES"),
        ("{ a { " + " ".join(f"a{n} @x" for n in range(51)) + " } }", "TOO_MANY_DIRECTIVES"),
        ("{ a(b: [" + "1 " * 1_001 + "]) }", "TOO_MANY_ITEMS"),
    ],
)
def test_one_more_than_is_allowed_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"query Q{n} {{ a }}" for n in range(10)),
        "{ a " * 12 + "}" * 12,
        "{ " + " ".join(f"a{n}" for n in range(20)) + " }",
        "{ a { " + " ".join(f"a{n}: b" for n in range(30)) + " } }",
        "{ a { " + " ".join(f"a{n}" for n in range(999)) + " } }",
        "{ a { " + "b " * 60 + " } }",
        "{ a(b: [" + "1 " * 1_000 + "]) @x @x @x @x }",
    ],
)
def test_as_many_as_are_allowed_are_not_refused(text: str) -> None:
    assert codes(text) == []
