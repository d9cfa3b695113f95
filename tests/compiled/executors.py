"""The two executors, and running our schema on one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from compiled import CompiledExecutor
from schema import schema

STOCK: Final = StrawberryGraphQLCoreExecutionContext
COMPILED: Final = CompiledExecutor


@contextmanager
def executing_on(executor: type[Any]) -> Iterator[None]:
    """Let our schema execute on this executor in the block."""
    before = schema.execution_context_class
    schema.execution_context_class = executor
    try:
        yield
    finally:
        schema.execution_context_class = before
