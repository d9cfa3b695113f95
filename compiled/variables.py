"""The variables of an operation, coerced without looking at their types each time."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

from compiled.inputs import Coerce, coercion
from compiled.refusals import NotCompiled


class _Variable(NamedTuple):
    """One variable; ``absent`` is its value where it is not given."""

    name: str
    signature: GraphQLVariableSignature
    unsent: VariableValueSource
    coerce: Coerce
    absent: Any
    required: bool


class Variables:
    """The variables of one operation.

    :raises NotCompiled: if only the library can coerce them.
    """

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._each = [_variable(schema, node) for node in operation.variable_definitions or ()]

    def values(self, given: Mapping[str, Any]) -> VariableValues | None:
        """Return their values; None where the library has to tell what is wrong with them."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, unsent, coerce, absent, required in self._each:
            value = given.get(name, Undefined)
            if value is not Undefined:
                sources[name] = VariableValueSource(signature, value)
                try:
                    coerced[name] = coerce(value)
                except Exception:  # noqa: BLE001 - a scalar may raise anything
                    return None
                continue
            sources[name] = unsent
            if absent is not Undefined:
                coerced[name] = absent
            elif required:
                return None
        return VariableValues(sources, coerced)


def _variable(schema: GraphQLSchema, node: VariableDefinitionNode) -> _Variable:
    signature = get_variable_signature(schema, node)
    if isinstance(signature, GraphQLError):
        raise NotCompiled(signature.message)
    return _Variable(
        signature.name,
        signature,
        VariableValueSource(signature),
        coercion(signature.type),
        _default(signature),
        is_non_null_type(signature.type),
    )


def _default(signature: GraphQLVariableSignature) -> Any:  # noqa: ANN401
    """Return what all executions can share that leave a variable out."""
    try:
        default = coerce_default_value(signature)
        hash(default)
    except TypeError as error:
        raise NotCompiled("a default of each execution's own") from error
    return default
