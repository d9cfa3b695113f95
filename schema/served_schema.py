"""Strawberry's schema, with our errors and our way to run subscriptions."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import cached_property
from typing import Any, cast

import strawberry
from graphql import GraphQLError
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.documents import Documents, NotRunnable
from schema.errors import log, told_to_clients
from schema.live import LiveOperations, LiveRequest, refusal


class ServedSchema(strawberry.Schema):
    """A schema in which every error has a code and no bug tells its text.

    Refusals are logged in a line, and only bugs with a traceback.
    """

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        request_id = _request_id(None if execution_context is None else execution_context.context)
        for error in errors:
            log(error, request_id)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: object | None = None,
        root_value: object | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        # Here and not in an extension: what fails outside of all extensions is a bug, too.
        result = await super().execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            operation_extensions,
        )
        if result.errors:
            request_id = _request_id(context_value)
            result.errors = [told_to_clients(error, request_id) for error in result.errors]
        return result

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
            await cast(Context, context_value).for_operation(),
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


def _request_id(context: object) -> str:
    return context.request_id if isinstance(context, Context) else "unknown"
