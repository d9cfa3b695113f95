"""The GraphQL contract: types, root fields, and how refusals become errors."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import cached_property
from typing import Any, cast

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.documents import Documents, NotRunnable
from schema.errors import log
from schema.extensions import ErrorsWithCodes, FreshLoaders
from schema.live import LiveOperations, LiveRequest, refusal
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.user_error import GradesFrozenError, InputError, ScoreOutOfRangeError


class Schema(strawberry.Schema):
    """Strawberry's schema, with our own way to run subscriptions.

    It logs refusals in a line and only bugs with a traceback.
    """

    @cached_property
    def _documents(self) -> Documents:
        return Documents(self._schema)

    @cached_property
    def _live(self) -> LiveOperations:
        return LiveOperations(self._schema, self.execution_context_class)

    def is_subscription(self, text: str, operation_name: str | None) -> bool:
        """Tell whether an operation is a subscription that can be run."""
        if OperationType.SUBSCRIPTION.value not in text:
            return False
        try:
            self._documents.read(text).operation(
                operation_name, allowed={OperationType.SUBSCRIPTION}
            )
        except NotRunnable:
            return False
        return True

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,  # noqa: ANN401 - Strawberry's signature
        root_value: Any | None = None,  # noqa: ANN401
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Run any operation, and return its results; of a query or mutation there is one.

        What cannot be run, and what ends a subscription, comes as a PreExecutionError.
        """
        return self._results(
            query or "",
            variable_values or {},
            cast(Context, context_value).for_operation(),
            operation_name or None,
            operation_extensions,
            set(OperationType if allowed_operation_types is None else allowed_operation_types),
        )

    async def _results(
        self,
        text: str,
        variables: dict[str, Any],
        context: Context,
        operation_name: str | None,
        extensions: dict[str, Any] | None,
        allowed: set[OperationType],
    ) -> AsyncGenerator[ExecutionResult, None]:
        try:
            document = self._documents.read(text)
            operation = document.operation(operation_name, allowed=allowed)
        except NotRunnable as refused:
            yield refusal(refused.errors, context)
            return
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield await self.execute(
                text,
                variables,
                context,
                operation_name=operation_name,
                operation_extensions=extensions,
            )
            return
        request = LiveRequest(text, operation, operation_name, variables, extensions, context)
        async with aclosing(self._live.results(request)) as results:
            async for result in results:
                yield result

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        context: Any = None if execution_context is None else execution_context.context
        request_id = context.request_id if isinstance(context, Context) else "unknown"
        for error in errors:
            log(error, request_id)


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[InputError, GradesFrozenError, ScoreOutOfRangeError],
    extensions=[FreshLoaders, ErrorsWithCodes],
    config=StrawberryConfig(scalar_map=SCALARS),
)
