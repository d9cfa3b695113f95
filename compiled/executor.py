"""The executor: Strawberry's own, which completes what it can a level at a time."""

import logging
from collections.abc import Callable
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from compiled.completion import Completion
from compiled.kept_values import KeptValues
from compiled.plans import Plan, Plans, completion_of, give_up, keep_plans, kept_plans
from compiled.refusals import NotCompiled
from compiled.roots import Roots
from compiled.run import Run

logger = logging.getLogger(__name__)

# With any other, the library builds the executor.
_PLAIN_OPTIONS: Final = frozenset({"is_awaitable", "operation_extensions"})


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes values by compiled functions; where one fails, as Strawberry's own would.

    The stock executor goes through the root fields, and hands every object and every list to
    ``complete_object_value`` and ``complete_list_value``. What is compiled stands in for those,
    and raises where anything is other than usual: then the stock methods complete the same value
    again, and have the last word on every error, its path, and what becomes null.
    """

    # Where values are kept that orjson writes into the answer; None where it is not written so.
    kept_values: KeptValues | None = None

    plans: Plans

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.converter = cast(Any, self.schema)._strawberry_schema.schema_converter  # noqa: SLF001

    @classmethod
    def build(  # noqa: PLR0913, PLR0917 - the library's signature
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        root_value: Any = None,  # noqa: ANN401
        context_value: Any = None,  # noqa: ANN401
        raw_variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        *options: Any,  # noqa: ANN401
        **named_options: Any,  # noqa: ANN401
    ) -> "list[GraphQLError] | CompiledExecutor":
        """Build an executor, of what is kept of an operation where it was executed before."""
        plans = kept_plans(schema, document, operation_name)
        known = None
        if plans is not None and not options and named_options.keys() <= _PLAIN_OPTIONS:
            known = plans.variable_values(raw_variable_values or {})
        if plans is None or known is None:
            built = super().build(
                schema,
                document,
                root_value,
                context_value,
                raw_variable_values,
                operation_name,
                *options,
                **named_options,
            )
            if isinstance(built, list):
                return built
            executor = cast(CompiledExecutor, built)
            plans = plans or keep_plans(executor, document, operation_name)
        else:
            executor = cls(
                schema,
                plans.fragment_definitions,
                plans.fragments,
                root_value,
                context_value,
                plans.operation,
                known,
                default_field_resolver,
                default_type_resolver,
                default_field_resolver,
                **named_options,
            )
        executor.plans = plans
        executor._begin()
        return executor

    def _begin(self) -> None:
        self._run = Run(self)
        self._plan: Plan | None = None
        self._roots: Roots | None = None
        middleware = self.middleware_manager and self.middleware_manager.middlewares
        if not (middleware or self.converter.exception_handlers or self.abort_signal):
            self._plan = self.plans.plan(self)
            self._roots = None if self._plan is None else self._plan.roots

    def build_per_event_executor(self, payload: Any) -> "CompiledExecutor":  # noqa: ANN401
        executor = cast(CompiledExecutor, super().build_per_event_executor(payload))
        executor._begin()  # noqa: SLF001
        return executor

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: ANN401, FBT001
        if self._roots is None or serially is not None:
            return super().execute_operation(serially)
        return self._executed(self._roots)

    async def _executed(self, roots: Roots) -> Any:  # noqa: ANN401
        changes = self.operation.operation is OperationType.MUTATION
        try:
            done: Any = (
                self._only(roots)
                if len(roots.selected) == 1
                else self.execute_root_grouped_field_set(
                    roots.parent, self.root_value, roots.selected, changes, None
                )
            )
            data = await done if self.is_awaitable(done) else done
        except GraphQLError as error:
            self.collected_errors.add(error, None)
            data = None
        return self.build_response(cast(Any, data))

    async def _only(self, roots: Roots) -> dict[str, Any]:
        """Execute the one field that is selected, of which nothing else has to wait."""
        ((name, details),) = roots.selected.items()
        path = Path(None, name, roots.parent.name)
        value = self.execute_field(roots.parent, self.root_value, details, path, None)
        return {name: await value if self.is_awaitable(value) else value}

    def close(self) -> None:
        """Let go of everything after an execution without errors.

        Executors and what they hold refer to each other: all of it would wait for the garbage
        collector.
        """
        self.__dict__.clear()

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,  # noqa: ANN401
        field_details_list: list[FieldDetails],
        path: Path,
        position_context: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Resolve a field as ever; a root field without looking at what it takes each time."""
        asked = (parent_type, source, field_details_list, path, position_context)
        root = None
        if path.prev is None and self._roots is not None:
            root = self._roots.fields.get(cast(str, path.key))
        if root is None:
            return super().execute_field(*asked)
        kind, details = root.definition.type, field_details_list
        info = self.build_resolve_info(root.definition, root.nodes, parent_type, path)
        try:
            resolving = root.resolve(source, self, info)
        except Exception as error:  # noqa: BLE001 - nothing was resolved yet
            logger.debug("%s is resolved by the stock executor: %s", path.key, error)
            return super().execute_field(*asked)
        return self.complete_awaitable_value(kind, details, info, path, resolving, position_context)

    def complete_object_value(self, *asked: Any) -> Any:  # noqa: ANN401
        return self._complete(super().complete_object_value, *asked)

    def complete_list_value(self, *asked: Any) -> Any:  # noqa: ANN401
        return self._complete(super().complete_list_value, *asked)

    def complete_abstract_value(self, *asked: Any) -> Any:  # noqa: ANN401
        return self._complete(super().complete_abstract_value, *asked)

    def _complete(self, stock: Callable[..., Any], *asked: Any) -> Any:  # noqa: ANN401
        kind, details, info, _, value, position = asked
        if self._plan is None or position is not None:
            return stock(*asked)
        completion = completion_of(self, self._plan, info, kind, details)
        if completion is None:
            return stock(*asked)
        if completion.waits:
            return self._completed(completion, stock, asked)
        try:
            return completion.complete([value], self._run)[0]
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything
            self._fail(error, asked)
        return stock(*asked)

    async def _completed(
        self, completion: Completion, stock: Callable[..., Any], asked: tuple[Any, ...]
    ) -> Any:  # noqa: ANN401
        value = asked[4]
        try:
            (done,) = await completion.completed([value], self._run)
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything
            self._fail(error, asked)
        else:
            return done
        again = stock(*asked)
        return await again if self.is_awaitable(again) else again

    def _fail(self, error: Exception, asked: tuple[Any, ...]) -> None:
        kind, details, info, *_ = asked
        logger.debug("%s is completed again: %s", info.field_name, error, exc_info=error)
        if isinstance(error, NotCompiled) and self._plan is not None:
            give_up(self._plan, kind, details)
        # The rest of the execution, too: what fails first decides what becomes null.
        self._plan = None
