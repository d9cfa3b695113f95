"""Running an operation on the stock executor and on the compiled one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLInputObjectType,
    GraphQLSchema,
    parse,
    validate,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.utils.await_maybe import await_maybe

from tests.compiled.executors import COMPILED, STOCK
from tests.compiled.small import Calls, small_schema


@dataclass
class Answered:
    """An answer in bytes, and what was called for it."""

    text: bytes
    calls: Calls = field(default_factory=Calls)


SCHEMA = small_schema()._schema
# Strawberry counts the fields itself, and leaves graphql-core's own way to who asks for it.
cast(GraphQLInputObjectType, SCHEMA.type_map["Whom"]).is_one_of = True


@cache
def parsed(document: str) -> DocumentNode:
    """Parse a document; the same text is the same document, as on a server."""
    node = parse(document)
    assert validate(SCHEMA, node) == []
    return node


async def answered(
    executor: type[Any],
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    middleware: Sequence[Callable[..., Any]] = (),
    schema: GraphQLSchema = SCHEMA,
) -> Answered:
    """Execute a document of the small schema."""
    calls = Calls()
    options = {"middleware": tuple(middleware)} if middleware else {}
    built = executor.build(
        schema,
        parsed(document),
        None,
        calls,
        variables,
        is_awaitable=cast(Any, optimized_is_awaitable),
        **options,
    )
    if isinstance(built, list):
        return Answered(orjson.dumps(ExecutionResult(None, built).formatted), calls)
    result: ExecutionResult = await await_maybe(built.execute_operation())
    return Answered(orjson.dumps(result.formatted), calls)


async def stock(document: str, variables: dict[str, Any] | None = None) -> Answered:
    """Execute a document on Strawberry's own executor."""
    return await answered(STOCK, document, variables)


async def compiled(document: str, variables: dict[str, Any] | None = None) -> Answered:
    """Execute a document on ours."""
    return await answered(COMPILED, document, variables)
