"""From graphql-core's input values to Strawberry's: functions made once for each type."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING
from typing import Any, Final

from strawberry.relay.types import GlobalID
from strawberry.scalars import is_scalar
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

from compiled.refusals import NotCompiled

Convert = Callable[[Any], Any]

_DEEPEST: Final = 20  # types in types


def conversion(
    kind: Any,  # noqa: ANN401 - whatever an annotation may be
    converter: GraphQLCoreConverter,
    within: Sequence[object] = (),
) -> Convert | None:
    """Make the function that converts values of a type; None where they stay as they are.

    :raises NotCompiled: if only Strawberry can convert such values.
    """
    if len(within) > _DEEPEST or isinstance(kind, StrawberryMaybe) or kind is GlobalID:
        raise NotCompiled("input that Strawberry converts in a way of its own")
    within = (*within, kind)
    if isinstance(kind, StrawberryOptional):
        return conversion(kind.of_type, converter, within)
    if isinstance(kind, StrawberryList):
        return _list(conversion(kind.of_type, converter, within))
    if is_scalar(kind, converter.scalar_registry) or isinstance(kind, StrawberryEnumDefinition):
        return None
    if isinstance(kind, LazyType):
        return conversion(kind.resolve_type(), converter, within)
    if has_enum_definition(kind):
        return None
    if has_object_definition(kind):
        return _object(kind, kind.__strawberry_definition__, converter, within)
    raise NotCompiled(f"{kind} is no input that is known")


def _list(item: Convert | None) -> Convert:
    def items(value: Any) -> Any:  # noqa: ANN401
        if value is None or value is UNSET:
            return value
        # Copied even so: the same default is given to every execution.
        return list(value) if item is None else [item(one) for one in value]

    return items


def _object(
    kind: Any,  # noqa: ANN401
    definition: StrawberryObjectDefinition,
    converter: GraphQLCoreConverter,
    within: Sequence[object],
) -> Convert:
    if definition.from_input is not None or not definition.is_input:
        raise NotCompiled(f"{kind} is made in a way of its own")
    if any(one is kind for one in within[:-1]):
        raise NotCompiled("input that may be nested without end")
    named = converter.config.name_converter.from_field
    fields = [
        (
            named(field),
            field.python_name,
            conversion(field.resolve_type(type_definition=definition), converter, within),
        )
        for field in definition.fields
    ]
    # What is not given and has no default is null, as graphql-core has seen to it that it may be.
    nothing = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }

    def made(value: Any) -> Any:  # noqa: ANN401
        if value is None or value is UNSET:
            return value
        given = dict(nothing)
        for name, attribute, convert in fields:
            if name in value:
                one = value[name]
                given[attribute] = one if convert is None else convert(one)
        return kind(**given)

    return made
