"""What operations cost: by their lists, pages and variables."""

from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_introspection_query

from schema import schema
from schema.limits import Limits
from schema.limits.list_sizes import ASSUMED
from tests.schema.heat import COURSE_KEY
from tests.schema.test_operations import OPERATIONS, operation

GRADEBOOK = """
query Page($first: Int = 50, $last: Int) {
  course(courseKey: "k") { gradebook(first: $first, last: $last) { nodes { id } } }
}
"""


def cost(text: str, name: str | None = None, **variables: object) -> int:
    document = schema.documents.read(text.replace('"k"', f'"{COURSE_KEY}"'))
    assert document.errors == ()
    chosen = document._operations[name] if name else next(iter(document._operations.values()))
    return chosen.price.with_variables(variables)


FRAGMENTS = """
{ ...A }
fragment A on Query { course(courseKey: "k") { ...B } }
fragment B on Course { subsections { id } }
"""
UPDATE = """
mutation {
  updateGrade(input: {courseKey: "k", learner: {userId: "1"}}) {
    courseGrade { id }
    userErrors { code }
  }
}
"""
RECORD_NOTHING = """
mutation { recordScores(input: {courseKey: "k", scores: []}) { results { courseGrade { id } } } }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ gradeEventsCursor }", 1),
        ("{ gradeEventsCursor again: gradeEventsCursor }", 2),
        ('{ course(courseKey: "k") { id } }', 1),
        ('{ course(courseKey: "k") { gradesFreeze { frozen } } }', 1),
        # 1 for the course, 1 for the list, 20 columns.
        ('{ course(courseKey: "k") { subsections { id } } }', 22),
        ('{ course(courseKey: "k") { subsections { section { id } } } }', 42),
        (FRAGMENTS, 22),
        # A page has 20 where nobody says how many.
        ('{ course(courseKey: "k") { gradebook { nodes { id } } } }', 22),
        ('{ course(courseKey: "k") { gradebook(first: 3) { nodes { id } } } }', 5),
        ('{ course(courseKey: "k") { gradebook(last: 3) { edges { node { id } } } } }', 8),
        ('{ course(courseKey: "k") { gradebook(first: 3) { ... { nodes { id } } } } }', 5),
        ("{ gradeEvents { nodes { id } } }", 101),
        ('{ gradeEvents(courseKeys: ["k"], first: 7) { nodes { id } } }', 8),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 4),
        ("{ __schema { types { name } } }", 100),
        ('subscription { gradeEvents(courseKey: "k") { learner { id } } }', 2),
        (UPDATE, 11),
        (RECORD_NOTHING, 10),
    ],
)
def test_the_cost_of(text: str, expected: int) -> None:
    assert cost(text) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, 52),
        ({"first": 10}, 12),
        ({"first": None}, 22),
        ({"first": 10, "last": 30}, 32),
        ({"first": -5}, 2),
        ({"first": 10**12}, 1_000_000),
        ({"first": "many"}, 22),
    ],
)
def test_a_page_costs_what_its_variables_ask_for(variables: dict[str, Any], expected: int) -> None:
    assert cost(GRADEBOOK, **variables) == expected


def test_results_are_as_many_as_were_sent() -> None:
    text = operation("09_update_grade")
    scores = {"input": {"courseKey": "k", "scores": [{}] * 100}}

    assert cost(text, "RecordScores", **scores) == 10 + 100 * 3
    assert cost(text, "RegradeCourse") == 10 + 100 * 3


def test_lists_within_lists_multiply() -> None:
    text = '{ course(courseKey: "k") { gradebook(first: 100) { nodes { courseGrade { '
    text += "subsectionGrades { problemScores { usageKey } } } } } } }"

    # 20 subsections with 5 problems each: 1 + 20 x (1 + 1 + 5) for each of 100 grades.
    assert cost(text) == 2 + 100 * (1 + 1 + 1 + 20 * 7)


@pytest.mark.parametrize("path", sorted(OPERATIONS.glob("*.graphql")), ids=lambda path: path.stem)
def test_real_operations_have_room(path: Path) -> None:
    limits = Limits()
    document = schema.documents.read(path.read_text(encoding="utf-8"))

    for one in document._operations.values():
        assert one.price.with_variables({}) <= limits.cost / 2
    assert document.measure.depth <= limits.depth / 2 + 1
    assert document.measure.fields <= limits.fields / 2
    assert document.measure.aliases <= limits.aliases / 2


def test_introspection_is_within_what_everybody_may_spend() -> None:
    assert cost(get_introspection_query()) <= Limits().anonymous_cost


def test_the_sizes_are_of_lists_that_there_are() -> None:
    for place in ASSUMED:
        parent, _, name = place.partition(".")
        kind = schema._schema.type_map[parent]
        assert isinstance(kind, GraphQLObjectType)
        assert "[" in str(kind.fields[name].type), place
