"""Running an operation on the stock executor and on the compiled one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import orjson
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, execute, parse, validate
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
    executing = execute(
        schema,
        parsed(document),
        context_value=calls,
        variable_values=variables,
        executor_class=executor,
        is_awaitable=cast(Any, optimized_is_awaitable),
        middleware=tuple(middleware),
    )
    result: ExecutionResult = await await_maybe(executing)
    return Answered(orjson.dumps(result.formatted), calls)


async def stock(document: str, variables: dict[str, Any] | None = None) -> Answered:
    """Execute a document on Strawberry's own executor."""
    return await answered(STOCK, document, variables)


async def compiled(document: str, variables: dict[str, Any] | None = None) -> Answered:
    """Execute a document on ours."""
    return await answered(COMPILED, document, variables)
