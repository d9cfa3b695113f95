"""The design's operations, each a document of its own with its fragments, as clients send them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    print_ast,
    separate_operations,
    validate,
)

from tests.shared_material import SHARED

SDL: Final = Path(__file__).parents[2] / "schema" / "schema.graphql"
OPERATIONS: Final = SHARED / "design" / "operations"

# Operations that today's schema does not know yet, and what they wait for.
WAITING: Final[Mapping[str, str]] = {
    "RegradeCourse": "jobs: UpdateGradesPayload.job",
    "RegradeProgress": "jobs: Subscription.gradeJobUpdated",
    "SavePolicy": "changes of policy: Mutation.updateGradingPolicy",
}


def unless_waiting(name: str) -> pytest.MarkDecorator:
    """Mark a test that runs one of those: until then it has nothing to run."""
    return pytest.mark.skipif(name in WAITING, reason=f"not applicable: {WAITING.get(name)}")


@cache
def committed_schema() -> GraphQLSchema:
    """Return the schema of the committed SDL."""
    return build_schema(SDL.read_text(encoding="utf-8"))


@cache
def files() -> Mapping[str, DocumentNode]:
    """Return the design's documents by their files' names."""
    return {
        path.name: parse(path.read_text(encoding="utf-8"))
        for path in sorted(OPERATIONS.glob("*.graphql"))
    }


@cache
def operations() -> Mapping[str, str]:
    """Return the text of every operation by its name."""
    return {
        name: print_ast(document)
        for file in files().values()
        for name, document in separate_operations(file).items()
    }


def faults_of(name: str) -> list[str]:
    """Return why an operation is not valid against the committed SDL."""
    return [error.message for error in validate(committed_schema(), parse(operations()[name]))]


def without_waiting(document: DocumentNode) -> DocumentNode:
    """Return a document without the operations that wait."""
    return DocumentNode(
        definitions=tuple(
            each
            for each in document.definitions
            if not (
                isinstance(each, OperationDefinitionNode)
                and each.name is not None
                and each.name.value in WAITING
            )
        )
    )
