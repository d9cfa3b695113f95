"""How many objects a field gives, as far as its arguments tell before it is run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    value_from_ast_untyped,
)

from schema.limits.list_sizes import PAGE
from schema.limits.measure import CEILING

SLICING: Final = ("first", "last")

Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Size:
    """A number that arguments tell: the largest of numbers and of lengths of lists.

    ``otherwise`` is the number where no argument tells one.
    """

    arguments: tuple[ValueNode, ...]
    otherwise: int

    def of(self, variables: Variables) -> int:
        """Return the number for these values of variables."""
        told = [
            number
            for argument in self.arguments
            for number in _numbers(value_from_ast_untyped(argument, dict(variables)))
        ]
        return min(max(told), CEILING) if told else self.otherwise

    @property
    def is_fixed(self) -> bool:
        """Tell whether it is the same for all values of variables."""
        return not any(_has_variable(argument) for argument in self.arguments)


def page_size(definition: GraphQLField, node: FieldNode) -> Size | None:
    """Return the size of a page, None of a field that does not give pages."""
    slicing = [name for name in SLICING if name in definition.args]
    if not slicing:
        return None
    defaults = [definition.args[name].default_value for name in slicing]
    known = [number for number in defaults if isinstance(number, int)]
    return Size(_given(node, slicing), max(known, default=PAGE))


def listed_size(definition: GraphQLField, node: FieldNode, otherwise: int) -> Size:
    """Return how many objects are named in lists, in the arguments or inside of them."""
    naming = [name for name, one in definition.args.items() if _names_objects(one.type)]
    return Size(_given(node, naming), otherwise)


def _given(node: FieldNode, names: Iterable[str]) -> tuple[ValueNode, ...]:
    chosen = set(names)
    return tuple(one.value for one in node.arguments or () if one.name.value in chosen)


def _names_objects(kind: GraphQLInputType) -> bool:
    if isinstance(get_nullable_type(kind), GraphQLList):
        return not isinstance(get_named_type(kind), GraphQLEnumType)
    named = get_named_type(kind)
    return isinstance(named, GraphQLInputObjectType) and not named.is_one_of


def _numbers(value: object) -> list[int]:
    if isinstance(value, int):
        return [max(value, 0)]
    if isinstance(value, list):
        return [len(value)]
    if isinstance(value, dict):
        return [len(inner) for inner in value.values() if isinstance(inner, list)]
    return []


def _has_variable(value: ValueNode) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, VariableNode):
            return True
        if isinstance(one, ListValueNode):
            waiting += one.values
        elif isinstance(one, ObjectValueNode):
            waiting += [member.value for member in one.fields]
    return False
