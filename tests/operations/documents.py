"""The design's operations, each a document of its own with its fragments, as clients send them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from graphql import (
    DocumentNode,
    GraphQLSchema,
    build_schema,
    parse,
    print_ast,
    separate_operations,
    validate,
)

from tests.shared_material import SHARED

SDL: Final = Path(__file__).parents[2] / "schema" / "schema.graphql"
OPERATIONS: Final = SHARED / "design" / "operations"


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
