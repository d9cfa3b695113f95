"""Running a query or a mutation whose document is known, with no more around it than it needs."""

from dataclasses import dataclass
from typing import Any, cast

from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from compiled import CompiledExecutor, KeptValues
from resolvers.context import Context
from resolvers.grade_events import at_the_end_of_the_log
from schema.documents import Operation
from schema.errors import log
from schema.time_limit import in_time

CURSOR_FIELD = "gradeEventsCursor"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that was parsed, validated and paid for, and what it is run with.

    With ``kept_values``, parts of the result are `orjson.Fragment`.
    """

    text: str
    operation: Operation
    operation_name: str | None
    variables: dict[str, Any]
    root_value: object
    extensions: dict[str, Any] | None
    kept_values: KeptValues | None = None

    async def run(self, executor_class: type[Executor[Any]], context: Context) -> ExecutionResult:
        """Run it in time, with loaders of its own, and log what fails.

        To the same end as Strawberry's ``execute`` with our extensions, whose hooks take longer
        than a small operation does.
        """
        try:
            async with in_time():
                context = await for_operation(context, self.text)
                try:
                    result = await self._executed(executor_class, context)
                finally:
                    context.loaders.stop()
        except Exception as error:  # noqa: BLE001 - as Strawberry does: all of them are told
            result = PreExecutionError(data=None, errors=[_as_graphql_error(error)])
        for failure in result.errors or ():
            log(failure, context.request_id)
        result.extensions = {}
        return result

    async def _executed(
        self, executor_class: type[Executor[Any]], context: Context
    ) -> ExecutionResult:
        executor = executor_class.build(
            self.operation.schema,
            self.operation.document,
            self.root_value,
            context,
            self.variables,
            self.operation_name,
            is_awaitable=cast(Any, optimized_is_awaitable),
            operation_extensions=self.extensions,
        )
        if isinstance(executor, list):
            return ExecutionResult(data=None, errors=executor)
        if isinstance(executor, CompiledExecutor):
            executor.kept_values = self.kept_values
        executing = executor.execute_operation()
        done = await executing if executor.is_awaitable(executing) else executing
        result = cast(CoreResult, done)
        if isinstance(executor, CompiledExecutor) and not result.errors:
            executor.close()
        return ExecutionResult(data=result.data, errors=result.errors)


async def for_operation(context: Context, text: str) -> Context:
    """Return the same circumstances for an operation of this text, which has read nothing yet.

    With loaders of its own: a WebSocket has one context for all its life.
    """
    fresh = await context.for_operation()
    if CURSOR_FIELD in text:
        # Before anything else is read: what is read later may be newer than the cursor, which
        # only repeats events, but never older, which would lose them.
        fresh = await at_the_end_of_the_log(fresh)
    return fresh


def _as_graphql_error(error: Exception) -> GraphQLError:
    if isinstance(error, GraphQLError):
        return error
    return GraphQLError(str(error), original_error=error)
