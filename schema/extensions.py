"""What is done around every operation: fresh loaders, and errors that clients can use."""

from collections.abc import AsyncIterator, Iterator

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.context import Context
from resolvers.grade_events import at_the_end_of_the_log
from schema.errors import told_to_clients

CURSOR_FIELD = "gradeEventsCursor"


class FreshLoaders(SchemaExtension):
    """Give each operation loaders of its own: a WebSocket has one context for all its life."""

    async def on_operation(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        fresh = context.for_operation()
        if CURSOR_FIELD in (self.execution_context.query or ""):
            # Before anything else is read: what is read later may be newer than the cursor,
            # which only repeats events, but never older, which would lose them.
            fresh = await at_the_end_of_the_log(fresh)
        self.execution_context.context = fresh
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
