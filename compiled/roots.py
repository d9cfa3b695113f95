"""The root fields of an operation: which they are, and how each is resolved."""

import logging
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from graphql import GraphQLError, GraphQLField, GraphQLObjectType, OperationType
from graphql.execution.collect_fields import FieldDetails, collect_fields
from strawberry.schema.schema_converter import GraphQLCoreConverter

from compiled.arguments import Arguments
from compiled.fields import Place, SelectedField, selected_field
from compiled.refusals import NotCompiled

if TYPE_CHECKING:
    from compiled.executor import CompiledExecutor

logger = logging.getLogger(__name__)


class Root:
    """A root field that a coroutine function resolves."""

    __slots__ = (
        *("_arguments", "_field", "_function", "_info", "_self", "_source"),
        *("definition", "nodes"),
    )

    def __init__(self, selected: SelectedField, converter: GraphQLCoreConverter) -> None:
        place = selected.place
        self._field = selected.field
        self._function = cast(Callable[..., Coroutine[Any, Any, Any]], selected.function)
        self._self, self._source = selected.takes_self, selected.source_parameter
        self._info = selected.info_parameter
        self.definition: GraphQLField = place.definition
        self.nodes = [one.node for one in place.details]
        self._arguments = Arguments(selected.field, place.definition, self.nodes[0], converter)

    def resolve(
        self,
        source: Any,  # noqa: ANN401
        executor: "CompiledExecutor",
        raw_info: Any,  # noqa: ANN401
    ) -> Coroutine[Any, Any, Any]:
        """Begin to resolve the field; nothing is done before the coroutine is awaited.

        :raises Exception: if the library has to tell what is wrong with an argument.
        """
        given = self._arguments.values(executor.variable_values)
        if self._info is not None:
            kind = executor.converter.config.info_class
            given[self._info] = kind(_raw_info=raw_info, _field=self._field)
        if self._source is not None:
            given[self._source] = source
        return self._function(source, **given) if self._self else self._function(**given)


class Roots(NamedTuple):
    """What is selected of the root type, and those fields that are resolved from here."""

    parent: GraphQLObjectType
    selected: dict[str, list[FieldDetails]]
    fields: dict[str, Root]


def roots_of(executor: "CompiledExecutor") -> Roots | None:
    """Read the roots of an execution's operation, None where the stock executor has to."""
    operation = executor.operation
    parent = executor.schema.get_root_type(operation.operation)
    if operation.operation is OperationType.SUBSCRIPTION or parent is None or operation.directives:
        return None
    try:
        collected = collect_fields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            parent,
            operation,
            executor.hide_suggestions,
        )
    except (GraphQLError, RecursionError):
        return None
    if collected.new_defer_usages:
        return None
    fields = {}
    for name, details in collected.grouped_field_set.items():
        definition = executor.schema.get_field(parent, details[0].node.name.value)
        if definition is None:
            return None
        try:
            selected = selected_field(name, Place(parent, details, definition))
            if selected.function is not None and iscoroutinefunction(selected.function):
                fields[name] = Root(selected, executor.converter)
        except (GraphQLError, NotCompiled) as why:
            logger.debug("the stock executor resolves %s: %s", name, why)
    return Roots(parent, dict(collected.grouped_field_set), fields)
