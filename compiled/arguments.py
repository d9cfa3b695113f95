"""The arguments of a field, from the variables to what its resolver takes."""

from collections.abc import Callable
from typing import Any

from graphql import (
    ConstValueNode,
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_non_null_type,
    is_required_argument,
)
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from compiled.conversion import Convert, conversion
from compiled.refusals import NotCompiled

Read = Callable[[VariableValues], Any]


class Arguments:
    """The arguments that an operation gives a field.

    :raises NotCompiled: if only the library can read or convert them.
    """

    def __init__(
        self,
        field: StrawberryField,
        definition: GraphQLField,
        node: FieldNode,
        converter: GraphQLCoreConverter,
    ) -> None:
        nodes = {one.name.value: one.value for one in node.arguments or ()}
        names = converter.config.name_converter
        self._each: list[tuple[str, Read, Convert | None]] = []
        known = set()
        for argument in field.arguments:
            name = names.from_argument(argument)
            known.add(name)
            taken = definition.args.get(name)
            if taken is None or (taken.out_name or name) != name:
                raise NotCompiled(f"{name} is an argument of another name")
            value = nodes.get(name)
            if value is not None:
                convert = conversion(argument.type, converter)
                self._each.append((argument.python_name, _reading(taken, value), convert))
            elif is_required_argument(taken):
                raise NotCompiled("an argument is missing")
            else:
                self._add_default(argument, taken, converter)
        if known != set(definition.args):
            raise NotCompiled("arguments that no resolver takes")

    def _add_default(
        self, argument: StrawberryArgument, taken: GraphQLArgument, converter: GraphQLCoreConverter
    ) -> None:
        default = coerce_default_value(taken)
        if default is Undefined:
            return
        # Null stays null, whatever else the type is.
        convert = None if default is None else conversion(argument.type, converter)
        self._each.append((argument.python_name, lambda _: default, convert))

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """Return the arguments by the names of a resolver's parameters.

        :raises NotCompiled: if the library has to tell what is wrong with them.
        """
        values = {}
        for name, read, convert in self._each:
            value = read(variables)
            if value is not Undefined:
                values[name] = value if convert is None else convert(value)
        return values


def _reading(argument: GraphQLArgument, node: ValueNode) -> Read:
    if isinstance(node, VariableNode):
        return _reading_variable(argument, node.name.value)
    if isinstance(node, ListValueNode | ObjectValueNode):
        return lambda variables: _written(argument, node, variables)
    constant = _written(argument, node, None)
    try:
        hash(constant)
    except TypeError as error:
        raise NotCompiled("a value of each execution's own") from error
    return lambda _: constant


def _reading_variable(argument: GraphQLArgument, name: str) -> Read:
    required = is_required_argument(argument)
    non_null = is_non_null_type(argument.type)
    absent = Undefined if required else coerce_default_value(argument)

    def variable(variables: VariableValues) -> Any:  # noqa: ANN401
        value = variables.coerced.get(name, Undefined)
        if value is Undefined and not required:
            return absent
        if value is Undefined or (value is None and non_null):
            raise NotCompiled("a variable that must have a value")
        return value

    return variable


def _written(
    argument: GraphQLArgument,
    node: ValueNode | ConstValueNode,
    variables: VariableValues | None,
) -> Any:  # noqa: ANN401
    value = coerce_input_literal(node, argument.type, variables)
    if value is Undefined:
        raise NotCompiled("a value of another type")
    return value
