"""Strawberry's schema, with our errors and our way to run subscriptions."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import cached_property
from typing import Any, Final, cast

import strawberry
from graphql import GraphQLError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from compiled import CompiledExecutor, KeptValues
from resolvers.access import Viewer
from resolvers.context import Context
from schema.admission import Cost, admit, charge_request, check_introspection
from schema.documents import Documents, NoSuchOperation, NotRunnable, Operation
from schema.errors import log
from schema.live import LiveOperations, LiveRequest, Offer, refusal, told
from schema.operation_notes import OperationNotes, noted
from schema.prepared import Prepared

_ALL: Final = frozenset(OperationType)
_RUN_HERE: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


class ServedSchema(strawberry.Schema):
    """A schema in which every error has a code and no bug tells its text.

    Refusals are logged in a line, and only bugs with a traceback.
    """

    _kept_values: KeptValues | None = None

    def compile_selections(self, *, on: bool) -> None:
        """Complete what operations select by compiled functions, or as Strawberry does."""
        self.execution_context_class = (
            CompiledExecutor if on else StrawberryGraphQLCoreExecutionContext
        )

    def keep_values(self, limit: int) -> None:
        """Keep parts of answers as they were written, of at most ``limit`` bytes; 0 for none."""
        self._kept_values = KeptValues(limit) if limit else None

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
        *,
        written_at_once: bool = False,
    ) -> ExecutionResult:
        """Run an operation.

        Parts of a result that orjson has ``written_at_once`` may be written already.
        """
        context = cast(Context, context_value)
        notes = _notes(query, context)
        variables = variable_values or {}
        allowed = _ALL if allowed_operation_types is None else frozenset(allowed_operation_types)
        cost: Cost | None = None
        try:
            charge_request(context.viewer)
            operation = self._operation(query, operation_name, context.viewer)
            if operation is not None:
                cost = admit(operation, variables, context.viewer)
        except NotRunnable as refused:
            result: ExecutionResult = refusal(refused.errors, context)
        else:
            if (
                operation is None
                or operation.kind not in _RUN_HERE
                or operation.kind not in allowed
            ):
                # Strawberry says why it cannot be run.
                result = await super().execute(
                    query,
                    variable_values,
                    context,
                    root_value,
                    operation_name,
                    set(allowed),
                    operation_extensions,
                )
            else:
                prepared = Prepared(
                    query or "",
                    operation,
                    operation_name,
                    variables,
                    root_value,
                    operation_extensions,
                    self._kept_values
                    if written_at_once and operation.kind is OperationType.QUERY
                    else None,
                )
                result = await prepared.run(self.execution_context_class, context)
            _finish(result, cost, context)
        if notes is not None:
            notes.take(result)
        return result

    def _operation(
        self, text: str | None, operation_name: str | None, viewer: Viewer
    ) -> Operation | None:
        """Return the operation that is meant; None where Strawberry tells that there is none."""
        if not text:
            return None
        document = self.documents.read(text)
        check_introspection(document, viewer)
        try:
            operation = document.operation(operation_name, allowed=_ALL)
        except NoSuchOperation:
            return None
        if notes := noted.get():
            notes.know(operation.kind.value, operation.name)
        return operation

    @cached_property
    def documents(self) -> Documents:
        """The documents that clients sent of late."""
        return Documents(self._schema)

    @cached_property
    def _live(self) -> LiveOperations:
        return LiveOperations(self._schema, self.execution_context_class)

    def is_subscription(self, text: str, operation_name: str | None) -> bool:
        """Tell whether an operation is a subscription that can be run."""
        if OperationType.SUBSCRIPTION.value not in text:
            return False
        try:
            self.documents.read(text).operation(
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
        offer: Offer | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Run any operation, and return its results; of a query or mutation there is one.

        Results of a subscription may be offered first, and are returned if they are refused.
        What cannot be run, and what ends a subscription, comes as a PreExecutionError.
        """
        return self._results(
            query or "",
            variable_values or {},
            await cast(Context, context_value).for_operation(),
            operation_name or None,
            operation_extensions,
            set(OperationType if allowed_operation_types is None else allowed_operation_types),
            offer,
        )

    async def _results(
        self,
        text: str,
        variables: dict[str, Any],
        context: Context,
        operation_name: str | None,
        extensions: dict[str, Any] | None,
        allowed: set[OperationType],
        offer: Offer | None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        notes = _notes(text, context)
        try:
            charge_request(context.viewer)
            document = self.documents.read(text)
            check_introspection(document, context.viewer)
            operation = document.operation(operation_name, allowed=allowed)
            if notes is not None:
                notes.know(operation.kind.value, operation.name)
            cost = admit(operation, variables, context.viewer)
        except NotRunnable as refused:
            result: ExecutionResult = refusal(refused.errors, context)
            if notes is not None:
                notes.take(result)
            yield result
            return
        if operation.kind is not OperationType.SUBSCRIPTION:
            prepared = Prepared(text, operation, operation_name, variables, None, extensions)
            result = await prepared.run(self.execution_context_class, context)
            _finish(result, cost, context)
            if notes is not None:
                notes.take(result)
            yield result
            return
        if notes is not None:
            notes.cost = cost.requested
        request = LiveRequest(text, operation, operation_name, variables, extensions, context)
        async with aclosing(self._live.results(request, offer)) as results:
            async for result in results:
                if notes is not None:
                    notes.take(result)
                yield result


def _finish(result: ExecutionResult, cost: Cost | None, context: Context) -> None:
    """Say in a result what a client is told of its errors, and of its cost."""
    if result.errors:
        result.errors = told(result.errors, context)
    if cost is not None:
        result.extensions = {**(result.extensions or {}), "cost": cost.told()}
        if notes := noted.get():
            notes.cost = cost.requested


def _request_id(context: object) -> str:
    return context.request_id if isinstance(context, Context) else "unknown"


def _notes(document: str | None, context: object) -> OperationNotes | None:
    notes = noted.get()
    if notes is not None:
        notes.ask(document, context.viewer if isinstance(context, Context) else None)
    return notes
