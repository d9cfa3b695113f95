"""From an operation's selections to the functions that complete them."""

from collections.abc import Sequence
from typing import Final

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeNameMetaFieldDef,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition

from compiled.columns import Column
from compiled.completion import Completion, Leaves, lists_of, nullable
from compiled.fields import Place, SelectedField, selected_field
from compiled.kept_columns import KeptColumn
from compiled.leaves import leaf
from compiled.levels import Level, Variants
from compiled.refusals import NotCompiled
from compiled.selections import Selection
from compiled.settling import Settling
from compiled.writing import InlineLeaf, Part, TypeName

# Of all types together. A document is short that has a million of them, by fragments in fragments.
MOST_FIELDS: Final = 3_000


class Compiler:
    """Compiles what one operation selects, its variables including what they include.

    Of ``variable_values`` nothing is kept but which selections they leave out. ``fields`` counts
    what was compiled.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDetails],
        variable_values: VariableValues,
        operation: OperationDefinitionNode,
    ) -> None:
        self._schema, self._fragments = schema, fragments
        self._variable_values, self._operation = variable_values, operation
        self._selections: dict[tuple[object, ...], Selection] = {}
        self._settling = Settling(schema, fragments, variable_values, operation)
        self._kept = False
        self.fields = 0

    def completion(self, kind: GraphQLOutputType, place: Place) -> Completion:
        """Compile the completion of a field's values.

        :raises NotCompiled: if only the stock executor can complete them.
        """
        if is_non_null_type(kind):
            return self.present(kind.of_type, place)
        if is_leaf_type(kind):
            return Leaves(leaf(kind, nullable=True))
        return nullable(self.present(kind, place))

    def present(self, kind: GraphQLOutputType, place: Place) -> Completion:
        """Compile the completion of values of which none is null.

        :raises NotCompiled: if only the stock executor can complete them.
        """
        if is_leaf_type(kind):
            return Leaves(leaf(kind, nullable=False))
        if is_list_type(kind):
            return lists_of(self.completion(kind.of_type, place))
        if is_object_type(kind):
            return self._level(kind, place)
        if is_abstract_type(kind):
            possible = self._schema.get_possible_types(kind)
            levels = {one.name: self._level(one, place) for one in possible}
            return Variants(kind, place, levels)
        raise NotCompiled(f"{kind} is no type that is known")

    def _level(self, kind: GraphQLObjectType, place: Place) -> Level:
        definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryObjectDefinition):
            raise NotCompiled(f"{kind.name} is not Strawberry's")
        return Level(kind, definition, place, self._selection(kind, place.details))

    def _selection(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        # Below an interface, all types have most of their selections in common.
        key = (kind.name, self._kept, *(id(one.node) for one in details))
        selection = self._selections.get(key)
        if selection is None:
            selection = self._selections[key] = Selection(self._parts(kind, details))
        return selection

    def _parts(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Sequence[Part]:
        collected = collect_subfields(
            self._schema, self._fragments, self._variable_values, self._operation, kind, details
        )
        if collected.new_defer_usages:
            raise NotCompiled("a part that is deferred")
        self.fields += len(collected.grouped_field_set)
        if self.fields > MOST_FIELDS:
            raise NotCompiled("more fields than anybody selects")
        return [
            self._part(kind, name, fields) for name, fields in collected.grouped_field_set.items()
        ]

    def _part(self, kind: GraphQLObjectType, name: str, details: list[FieldDetails]) -> Part:
        definition = self._schema.get_field(kind, details[0].node.name.value)
        if definition is None:
            raise NotCompiled(f"{kind.name} has no such field")
        if definition is TypeNameMetaFieldDef:
            return TypeName(name, kind.name)
        place = Place(kind, details, definition)
        selected = selected_field(name, place)
        named = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        if is_leaf_type(named) and selected.batch is None and not selected.resolves_async:
            may_be_null = named is definition.type
            resolved = selected.function is not None
            return InlineLeaf(selected, leaf(named, nullable=may_be_null, resolved=resolved))
        return self._column(selected, definition.type, place)

    def _column(self, selected: SelectedField, kind: GraphQLOutputType, place: Place) -> Column:
        keeping = selected.keeping
        variables = None
        if keeping is not None and selected.resolves_async and not self._kept:
            variables = self._settling.variables(kind, place.details, keeping.settled)
        if keeping is None or variables is None:
            return Column(selected, self.completion(kind, place))
        # What is kept as a whole is not kept in parts.
        self._kept = True
        try:
            return KeptColumn(selected, self.completion(kind, place), keeping, variables)
        finally:
            self._kept = False
