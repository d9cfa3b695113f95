"""What an operation costs: known from the schema, the document and the sizes that it asks for.

A field that reads an object costs 1, a list 1 and as many times its items as it has items, a
mutation 10. What is only a part of the object that it stands in, such as a score, costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    value_from_ast_untyped,
)

from schema.limits.list_sizes import ASSUMED, ERRORS, LIST
from schema.limits.measure import CEILING
from schema.limits.sizes import Size, Variables, listed_size, page_size

READ: Final = 1
ITEM: Final = 1
MUTATION: Final = 10
# All types, fields and descriptions: some tenths of a second of work.
INTROSPECTION: Final = 100
# Fields of a payload or a connection that have as many objects as the field that gave it.
SIZED_FROM_OUTSIDE: Final = frozenset({"edges", "nodes", "results"})


@dataclass(frozen=True, slots=True)
class Price:
    """A sum of which some parts depend on variables."""

    fixed: int = 0
    parts: tuple[tuple[Size, "Price"], ...] = ()

    def plus(self, other: "Price") -> "Price":
        """Return both together."""
        return Price(min(self.fixed + other.fixed, CEILING), self.parts + other.parts)

    def times(self, size: Size) -> "Price":
        """Return it as often as a list has items."""
        if size.is_fixed and not self.parts:
            return Price(min(self.fixed * size.of({}), CEILING))
        return Price(0, ((size, self),))

    def with_variables(self, variables: Variables) -> int:
        """Return the sum for these values; no more than a million."""
        parts = sum(
            size.of(variables) * price.with_variables(variables) for size, price in self.parts
        )
        return min(self.fixed + parts, CEILING)


@dataclass(frozen=True, slots=True)
class OperationPrice:
    """What an operation costs, with the variables that a client leaves out."""

    price: Price
    defaults: Mapping[str, Any]

    def with_variables(self, variables: Variables) -> int:
        """Return the cost for these values of variables."""
        return self.price.with_variables({**self.defaults, **variables})


def price_of(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> OperationPrice:
    """Work out what an operation of a valid document costs."""
    defaults = {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }
    root = schema.get_root_type(operation.operation)
    if root is None:
        return OperationPrice(Price(), defaults)
    pricing = _Pricing(schema, fragments, root, operation.operation)
    return OperationPrice(pricing.of_set(operation.selection_set, root, None), defaults)


@dataclass(frozen=True, slots=True)
class _Pricing:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    root: GraphQLObjectType
    kind: OperationType

    def of_set(
        self, selected: SelectionSetNode, parent: GraphQLNamedType, outside: Size | None
    ) -> Price:
        price = Price()
        for selection in selected.selections:
            if isinstance(selection, FieldNode):
                price = price.plus(self.of_field(selection, parent, outside))
            else:
                part: Any = (
                    self.fragments[selection.name.value]
                    if isinstance(selection, FragmentSpreadNode)
                    else selection
                )
                condition = part.type_condition
                inner = self.schema.type_map[condition.name.value] if condition else parent
                price = price.plus(self.of_set(part.selection_set, inner, outside))
        return price

    def of_field(self, node: FieldNode, parent: GraphQLNamedType, outside: Size | None) -> Price:
        name = node.name.value
        if name.startswith("__"):
            return Price(INTROSPECTION if name == "__schema" else READ if name == "__type" else 0)
        definition = self.fields(parent)[name]
        named = get_named_type(definition.type)
        base = self.base(parent)
        if is_leaf_type(named):
            return Price(base)
        if node.selection_set is None:
            return Price(base)
        if isinstance(get_nullable_type(definition.type), GraphQLList):
            if name == ERRORS:
                return Price(base)
            size, read = self.list_size(definition, node, parent, outside)
            item = Price(ITEM).plus(self.of_set(node.selection_set, named, None))
            return item.times(size).plus(Price(max(base, read)))
        page = page_size(definition, node)
        inside = page or listed_size(definition, node, 0)
        below = self.of_set(node.selection_set, named, inside if inside.arguments or page else None)
        reads = page is not None or "id" in self.fields(named)
        return below.plus(Price(max(base, READ if reads else 0)))

    def base(self, parent: GraphQLNamedType) -> int:
        if parent is not self.root:
            return 0
        return MUTATION if self.kind is OperationType.MUTATION else READ

    def list_size(
        self,
        definition: GraphQLField,
        node: FieldNode,
        parent: GraphQLNamedType,
        outside: Size | None,
    ) -> tuple[Size, int]:
        """Return how many items a list has, and what it costs to read it."""
        name = node.name.value
        assumed = ASSUMED.get(f"{parent.name}.{name}", LIST)
        if outside is not None and name in SIZED_FROM_OUTSIDE:
            return Size(outside.arguments, outside.otherwise or assumed), 0
        return page_size(definition, node) or listed_size(definition, node, assumed), READ

    @staticmethod
    def fields(named: GraphQLNamedType) -> Mapping[str, GraphQLField]:
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            fields: Mapping[str, GraphQLField] = named.fields
            return fields
        return {}
