"""Whether all that is selected of a field is settled, and by which variables."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeNameMetaFieldDef,
    VariableNode,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_object_type,
    visit,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues

from compiled.kept_values import SettledFields


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)


class Settling:
    """Looks through what one operation selects."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDetails],
        variable_values: VariableValues,
        operation: OperationDefinitionNode,
    ) -> None:
        self._schema, self._fragments = schema, fragments
        self._variable_values, self._operation = variable_values, operation

    def variables(
        self, kind: GraphQLOutputType, details: list[FieldDetails], settled: SettledFields
    ) -> tuple[str, ...] | None:
        """Return the variables that a field's arguments and those below it depend on.

        None where something is selected that is not settled.
        """
        found = _Variables()
        _look_for(found, details)
        for parent, selected in self._selected(kind, details):
            name = selected[0].node.name.value
            if name == "__typename":
                continue
            if name not in settled.get(parent.name, ()):
                return None
            _look_for(found, selected)
        return tuple(sorted(found.names))

    def _selected(
        self, kind: GraphQLOutputType, details: list[FieldDetails]
    ) -> Iterator[tuple[GraphQLObjectType, list[FieldDetails]]]:
        """Yield all fields below one, with the types that they are of."""
        for parent in self._possible(kind):
            collected = collect_subfields(
                self._schema,
                self._fragments,
                self._variable_values,
                self._operation,
                parent,
                details,
            )
            for selected in collected.grouped_field_set.values():
                yield parent, selected
                definition = self._schema.get_field(parent, selected[0].node.name.value)
                if definition is not None and definition is not TypeNameMetaFieldDef:
                    yield from self._selected(definition.type, selected)

    def _possible(self, kind: GraphQLOutputType) -> list[GraphQLObjectType]:
        named: Any = get_named_type(kind)
        if is_abstract_type(named):
            return list(self._schema.get_possible_types(named))
        return [named] if is_object_type(named) else []


def _look_for(found: _Variables, details: list[FieldDetails]) -> None:
    for one in details:
        node: FieldNode = one.node
        for argument in node.arguments or ():
            visit(argument, found)
