"""What clients send, coerced to a type's values by functions made once for each type."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from graphql import (
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from compiled.refusals import NotCompiled

Coerce = Callable[[Any], Any]

_DEEPEST: Final = 20  # types in types; the library tells of what is nested too deeply


def coercion(kind: GraphQLInputType, within: Sequence[GraphQLInputType] = ()) -> Coerce:
    """Make the function that coerces values of a type, as graphql-core does.

    It raises for whatever is wrong or unusual, of which the library has to tell.

    :raises NotCompiled: if only the library can coerce such values.
    """
    of_type = kind.of_type if is_non_null_type(kind) else kind
    if len(within) > _DEEPEST or of_type in within:
        raise NotCompiled("input that may be nested without end")
    present = _present(of_type, (*within, of_type))
    if of_type is kind:
        return lambda value: None if value is None else present(value)

    def required(value: Any) -> Any:  # noqa: ANN401
        if value is None:
            raise NotCompiled("null where there must be a value")
        return present(value)

    return required


def _present(kind: GraphQLInputType, within: Sequence[GraphQLInputType]) -> Coerce:
    if is_list_type(kind):
        return _list(coercion(kind.of_type, within))
    if is_input_object_type(kind):
        return _object(kind, within)
    if is_leaf_type(kind):
        return _leaf(kind)
    raise NotCompiled(f"{kind} is no type that is known")


def _leaf(kind: GraphQLLeafType) -> Coerce:
    coerce = kind.coerce_input_value

    def leaf(value: Any) -> Any:  # noqa: ANN401
        done = Undefined if value is Undefined else coerce(value)
        if done is Undefined:
            raise NotCompiled("a value that is none")
        return done

    if kind not in {GraphQLString, GraphQLID}:
        return leaf
    return lambda value: value if value.__class__ is str else leaf(value)


def _list(item: Coerce) -> Coerce:
    def items(value: Any) -> list[Any]:  # noqa: ANN401
        if value.__class__ is not list:
            raise NotCompiled("something other than a list")
        return [item(one) for one in value]

    return items


class _Field:
    """A field of an input object; ``absent`` is its value where it is not given."""

    __slots__ = ("absent", "coerce", "out_name", "required")

    def __init__(
        self, name: str, field: GraphQLInputField, within: Sequence[GraphQLInputType]
    ) -> None:
        self.out_name = field.out_name or name
        self.coerce = coercion(field.type, within)
        self.required = is_required_input_field(field)
        self.absent = coerce_default_value(field)


def _object(kind: GraphQLInputObjectType, within: Sequence[GraphQLInputType]) -> Coerce:
    fields = {name: _Field(name, field, within) for name, field in kind.fields.items()}
    one_of, made = kind.is_one_of, kind.out_type

    def whole(value: Any) -> Any:  # noqa: ANN401
        if value.__class__ is not dict:
            raise NotCompiled("something other than an object")
        done = {}
        given = 0
        for name, field in fields.items():
            if name in value:
                given += 1
                done[field.out_name] = field.coerce(value[name])
            elif field.required:
                raise NotCompiled("a field is missing")
            elif field.absent is not Undefined:
                done[field.out_name] = field.absent
        if given != len(value):
            raise NotCompiled("fields that nobody knows")
        if one_of and (given != 1 or len(done) != 1 or None in done.values()):
            raise NotCompiled("not one of the fields")
        return made(done)

    return whole
