"""What is done around every operation: fresh loaders, and the document as it was admitted."""

from collections.abc import AsyncIterator, Iterator
from typing import cast

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from resolvers.context import Context
from schema.documents import Document
from schema.prepared import for_operation
from schema.served_schema import ServedSchema


class FreshLoaders(SchemaExtension):
    """Give each operation loaders of its own."""

    async def on_operation(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        self.execution_context.context = await for_operation(
            context, self.execution_context.query or ""
        )
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
