"""What is done around every operation: fresh loaders, and errors that clients can use."""

from collections.abc import Iterator

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.context import Context
from schema.errors import told_to_clients


class FreshLoaders(SchemaExtension):
    """Give each operation loaders of its own: a WebSocket has one context for all its life."""

    def on_operation(self) -> Iterator[None]:
        context: Context = self.execution_context.context
        self.execution_context.context = context.for_operation()
        yield


class ErrorsWithCodes(SchemaExtension):
    """Give every error a code, and keep the texts of bugs from clients."""

    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        if isinstance(result, ExecutionResult | PreExecutionError) and result.errors:
            context: Context = self.execution_context.context
            result.errors = [self._told(error, context.request_id) for error in result.errors]

    @staticmethod
    def _told(error: GraphQLError, request_id: str) -> GraphQLError:
        return told_to_clients(error, request_id)
