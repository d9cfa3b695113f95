"""Fields of a schema, as far as they can be resolved without the stock executor."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from inspect import isasyncgenfunction, iscoroutinefunction
from keyword import iskeyword
from typing import Any, Final, NamedTuple

from graphql import GraphQLError, GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from compiled.arguments import Arguments
from compiled.batches import BATCH, BatchResolver
from compiled.kept_values import KEPT, Keeping
from compiled.refusals import NotCompiled

logger = logging.getLogger(__name__)

_INCLUDING: Final = frozenset({"skip", "include"})


class Place(NamedTuple):
    """Where in an operation, and of which type, a field is selected."""

    parent: GraphQLObjectType
    details: list[FieldDetails]
    definition: GraphQLField


@dataclass(eq=False, slots=True)
class SelectedField:
    """A field as an operation selects it; ``function`` is None where it is an attribute."""

    response_name: str
    place: Place
    field: StrawberryField
    function: Callable[..., Any] | None
    batch: BatchResolver | None
    _arguments: Arguments | None = None
    _looked_at: bool = False

    def arguments(self, converter: GraphQLCoreConverter) -> Arguments | None:
        """Return what its arguments are read with; None where only the library can read them."""
        if not self._looked_at:
            self._looked_at = True
            node = self.place.details[0].node
            try:
                self._arguments = Arguments(self.field, self.place.definition, node, converter)
            except (GraphQLError, NotCompiled) as why:
                logger.debug("the library reads the arguments of %s: %s", self.response_name, why)
        return self._arguments

    @property
    def keeping(self) -> Keeping | None:
        """How its values are kept, None for not at all."""
        return self.field.metadata.get(KEPT)

    @property
    def attribute(self) -> str:
        """The attribute that the field is read from."""
        return self.field.python_name

    @property
    def resolves_async(self) -> bool:
        """Whether its values have to be awaited."""
        if self.batch is not None:
            return iscoroutinefunction(self.batch)
        return self.function is not None and iscoroutinefunction(self.function)

    @property
    def source_parameter(self) -> str | None:
        """The keyword that a resolver takes the object by; None where it comes first, or never."""
        resolver = self.field.base_resolver
        given = resolver and (resolver.parent_parameter or resolver.root_parameter)
        return given.name if given else None

    @property
    def takes_self(self) -> bool:
        """Whether a resolver takes the object first."""
        resolver = self.field.base_resolver
        return resolver is not None and resolver.self_parameter is not None

    @property
    def info_parameter(self) -> str | None:
        """The keyword that a resolver takes its ``Info`` by."""
        resolver = self.field.base_resolver
        given = resolver and resolver.info_parameter
        return given.name if given else None

    @property
    def takes_arguments(self) -> bool:
        """Whether it is given arguments that a client can set."""
        return bool(self.place.definition.args)


def selected_field(response_name: str, place: Place) -> SelectedField:
    """Read how a field is resolved.

    :raises NotCompiled: if only the stock executor can resolve it.
    """
    definition = place.definition
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if type(field) is not StrawberryField or field.extensions or field.is_subscription:
        raise NotCompiled(f"{response_name} is more than a resolver")
    if getattr(definition.resolve, "__module__", None) != GraphQLCoreConverter.__module__:
        raise NotCompiled(f"{response_name} has a resolver from elsewhere")
    if has_directives(place.details):
        raise NotCompiled(f"{response_name} has a directive")
    resolver = field.base_resolver
    function = None if resolver is None else resolver.wrapped_func
    if function is None:
        if field.default_resolver is not getattr or not _is_name(field.python_name):
            raise NotCompiled(f"{response_name} is no attribute")
    elif not callable(function) or isasyncgenfunction(function):
        raise NotCompiled(f"{response_name} has no function")
    return SelectedField(response_name, place, field, function, field.metadata.get(BATCH))


def has_directives(details: list[FieldDetails]) -> bool:
    """Tell whether a field has directives other than those that include it."""
    return any(
        directive.name.value not in _INCLUDING
        for one in details
        for directive in one.node.directives or ()
    )


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text)
