"""Leaves: how a value of a scalar or an enum is written into the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

from compiled.refusals import NotCompiled
from compiled.values import abandon, check_object

# Values of which the condition holds are written as they are: so says the type's own serializer.
_AS_THEY_ARE: Final[Mapping[GraphQLLeafType, str]] = {
    GraphQLString: "{0}.__class__ is str",
    GraphQLID: "{0}.__class__ is str",
    GraphQLBoolean: "({0} is True or {0} is False)",
    GraphQLInt: "({0}.__class__ is int and -2147483648 <= {0} <= 2147483647)",
    GraphQLFloat: "({0}.__class__ is float and {0} - {0} == 0.0)",  # neither infinite nor NaN
}
_SAME_CLASS: Final[Mapping[object, str]] = {
    str: "{0}.__class__ is str",
    float: "{0}.__class__ is float",
    int: "{0}.__class__ is int",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """How to write values of a type: those of ``as_it_is`` unchanged, all others by ``written``.

    ``as_it_is`` is a Python expression with ``{0}`` for the value; None where there are none such.
    """

    as_it_is: str | None
    written: Callable[[Any], Any]


def leaf(kind: GraphQLLeafType, *, nullable: bool, resolved: bool = False) -> Leaf:
    """Make the leaf of a type; ``resolved`` where its values are made by a function."""
    serialize = _enum_names(kind) if isinstance(kind, GraphQLEnumType) else kind.coerce_output_value

    def written(value: Any) -> Any:  # noqa: ANN401
        if nullable and (value is None or value is Undefined):
            return None
        try:
            check_object(value)
        except NotCompiled:
            abandon([value] if resolved else ())
            raise
        done = serialize(value)
        if done is None or done is Undefined:
            raise TypeError("a value that cannot be written")
        return done

    same = _AS_THEY_ARE.get(kind) or _SAME_CLASS.get(serialize)
    if same is not None and nullable:
        same = f"({same} or {{0}} is None)"
    return Leaf(same, written)


def _enum_names(kind: GraphQLEnumType) -> Callable[[Any], Any]:
    """Look names up that the type would search for at every value."""
    serialize = kind.coerce_output_value
    members = getattr(kind, "wrapped_cls", None)
    if not (isinstance(members, type) and issubclass(members, Enum)):
        return serialize
    known = {one.name: serialize(one) for one in members}

    def name(value: Any) -> Any:  # noqa: ANN401
        return known[value._name_] if value.__class__ is members else serialize(value)

    return name
