"""What is done around every operation: fresh loaders, and the document as it was admitted."""

from collections.abc import AsyncIterator, Iterator
from typing import cast

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from resolvers.context import Context
from resolvers.grade_events import at_the_end_of_the_log
from schema.documents import Document
from schema.served_schema import ServedSchema

CURSOR_FIELD = "gradeEventsCursor"


class FreshLoaders(SchemaExtension):
    """Give each operation loaders of its own: a WebSocket has one context for all its life."""

    async def on_operation(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        fresh = await context.for_operation()
        if CURSOR_FIELD in (self.execution_context.query or ""):
            # Before anything else is read: what is read later may be newer than the cursor,
            # which only repeats events, but never older, which would lose them.
            fresh = await at_the_end_of_the_log(fresh)
        self.execution_context.context = fresh
        yield


class KnownDocument(SchemaExtension):
    """Take the document as it was parsed, measured and validated before.

    Validated by graphql-core's own rules: Strawberry's rule for @oneOf fails with a KeyError or an
    AttributeError where a variable is not defined, or a fragment stands before the operation that
    defines it.
    """

    def on_parse(self) -> Iterator[None]:
        self.execution_context.graphql_document = self._document.node
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = self._document
        errors = list(document.errors)
        if document.measure.operations > 1 and not context._provided_operation_name:  # noqa: SLF001
            message = "The document has several operations: send operationName with it."
            errors.append(GraphQLError(message))
        context.pre_execution_errors = errors
        yield

    @property
    def _document(self) -> Document:
        context = self.execution_context
        return cast(ServedSchema, context.schema).documents.read(context.query or "")
