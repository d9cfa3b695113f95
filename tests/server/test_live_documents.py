"""What of a document makes it the same for many subscribers."""

import pytest
from graphql import parse
from strawberry.types.graphql import OperationType

from schema import schema
from schema.documents import KEPT, KEPT_CHARACTERS, Documents, NotRunnable

PLAIN = "subscription S($a: String) { passingStatusChanged(after: $a) { id } }"
ALSO_INSIDE = """
subscription S($a: String) {
  passingStatusChanged(after: $a) { course { gradebook(first: 1, after: $a) { totalCount } } }
}
"""
NOT_AT_THE_ROOT = """
subscription S($a: String) {
  passingStatusChanged { course { gradebook(first: 1, after: $a) { totalCount } } }
}
"""
ANOTHER_ARGUMENT = """
subscription S($a: CourseKey, $b: String) {
  passingStatusChanged(courseKey: $a, after: $b) { id }
}
"""
IN_A_FRAGMENT = """
subscription S($a: String) { ...Root }
fragment Root on Subscription { passingStatusChanged(after: $a) { id } }
"""
IN_A_DIRECTIVE = """
subscription S($a: String, $b: Boolean!) {
  passingStatusChanged(after: $a) { id @skip(if: $b) cursor }
}
"""


@pytest.fixture
def documents() -> Documents:
    """No documents yet."""
    return Documents(schema._schema)


@pytest.mark.parametrize(
    ("text", "resuming"),
    [
        (PLAIN, {"a"}),
        (ALSO_INSIDE, set()),
        (NOT_AT_THE_ROOT, set()),
        (ANOTHER_ARGUMENT, {"b"}),
        (IN_A_FRAGMENT, set()),
        (IN_A_DIRECTIVE, {"a"}),
    ],
)
def test_only_what_says_where_to_begin_and_nothing_else_may_differ(
    documents: Documents, text: str, resuming: set[str]
) -> None:
    operation = documents.read(text).operation("S", allowed=set(OperationType))

    assert operation.resuming_variables == resuming


def test_a_document_is_parsed_once(documents: Documents) -> None:
    assert documents.read(PLAIN) is documents.read(PLAIN)


def test_what_was_not_sent_for_long_is_forgotten(documents: Documents) -> None:
    first = documents.read("{ a: __typename }")
    for number in range(KEPT):
        documents.read(f"{{ a{number}: __typename }}")

    assert documents.read("{ a: __typename }") is not first


def test_of_long_documents_fewer_are_kept(documents: Documents) -> None:
    first = documents.read(PLAIN)
    for number in range(KEPT_CHARACTERS // 19_000 + 1):
        documents.read(f"{{ a{number}: __typename }}" + " " * 19_000)

    assert documents.read(PLAIN) is not first


def test_operations_of_a_kind_that_is_not_allowed_are_refused(documents: Documents) -> None:
    with pytest.raises(NotRunnable, match="A subscription cannot be sent in this way"):
        documents.read(PLAIN).operation(None, allowed={OperationType.QUERY})


def test_the_only_operation_needs_no_name(documents: Documents) -> None:
    operation = documents.read(PLAIN).operation(None, allowed=set(OperationType))

    assert operation.document == parse(PLAIN)
    assert operation.kind is OperationType.SUBSCRIPTION
