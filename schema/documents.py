"""Documents that clients send: measured and validated once, however many send the same."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    validate,
    visit,
)
from strawberry.types.graphql import OperationType

from schema.limits import (
    Limits,
    Measure,
    OperationPrice,
    enforcement,
    excesses,
    measure,
    parse_within,
    price_of,
)

KEPT: Final = 200
KEPT_CHARACTERS: Final = 400_000  # together; parsed, each takes some hundred bytes
RESUMING_ARGUMENT: Final = "after"


class NotRunnable(Exception):
    """An operation that cannot begin, and all that is wrong with it."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


class NoSuchOperation(NotRunnable):
    """It cannot be told which operation of a document is meant."""


@dataclass(frozen=True)
class Operation:
    """One operation of a valid document."""

    document: DocumentNode
    node: OperationDefinitionNode
    schema: GraphQLSchema

    @cached_property
    def kind(self) -> OperationType:
        """Whether it asks, changes or follows."""
        return OperationType(self.node.operation.value)

    @property
    def name(self) -> str | None:
        """How its author called it."""
        return self.node.name.value if self.node.name else None

    @cached_property
    def price(self) -> OperationPrice:
        """What it costs."""
        fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        return price_of(self.schema, self.node, fragments)

    @cached_property
    def resuming_variables(self) -> frozenset[str]:
        """The variables that say where the stream begins, and nothing else."""
        arguments = [
            argument.value
            for field in self.node.selection_set.selections
            if isinstance(field, FieldNode)
            for argument in field.arguments or ()
            if argument.name.value == RESUMING_ARGUMENT
        ]
        resuming = [value for value in arguments if isinstance(value, VariableNode)]
        uses = _VariableUses()
        visit(self.document, uses)
        return frozenset(
            value.name.value
            for value in resuming
            if not any(
                used.name.value == value.name.value and used not in resuming for used in uses.found
            )
        )


class _VariableUses(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[VariableNode] = []

    def enter_variable(self, node: VariableNode, _key: object, parent: object, *_: object) -> None:
        if not isinstance(parent, VariableDefinitionNode):
            self.found.append(node)


@dataclass(frozen=True)
class Document:
    """A document that could be parsed, and how much it asks for: no more than it may."""

    node: DocumentNode
    measure: Measure
    schema: GraphQLSchema
    within: Limits  # what it was measured against first

    @property
    def introspects(self) -> bool:
        """Tell whether it asks what the schema is."""
        return self.measure.introspection_depth > 0

    @cached_property
    def errors(self) -> tuple[GraphQLError, ...]:
        """What is wrong with it."""
        most = enforcement().limits.validation_errors
        return tuple(validate(self.schema, self.node, max_errors=most))

    @cached_property
    def _operations(self) -> dict[str | None, Operation]:
        return {
            node.name.value if node.name else None: Operation(self.node, node, self.schema)
            for node in self.node.definitions
            if isinstance(node, OperationDefinitionNode)
        }

    def operation(self, name: str | None, *, allowed: Collection[OperationType]) -> Operation:
        """Return the operation of this name, or the only one.

        :raises NoSuchOperation: if it cannot be told which one is meant.
        :raises NotRunnable: if the document is not valid, or if its kind is not allowed.
        """
        if self.errors:
            raise NotRunnable(*self.errors)
        operation = self._named(name) if name else self._only()
        if operation.kind not in allowed:
            kind = operation.kind.value
            raise NotRunnable(GraphQLError(f"A {kind} cannot be sent in this way."))
        return operation

    def _named(self, name: str) -> Operation:
        if name not in self._operations:
            raise NoSuchOperation(GraphQLError(f"Unknown operation named {name!r}."))
        return self._operations[name]

    def _only(self) -> Operation:
        if len(self._operations) != 1:
            message = "Say with operationName which of the operations is meant."
            raise NoSuchOperation(GraphQLError(message))
        (operation,) = self._operations.values()
        return operation


class Documents:
    """The documents that were sent of late."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def read(self, text: str) -> Document:
        """Parse and measure a document, or find that this was done before.

        :raises NotRunnable: if it cannot be parsed, or has more than the limits allow.
        """
        limits = enforcement().limits
        document = self._kept.get(text)
        if document is not None:
            if document.within is not limits:
                _check(document.measure, limits)
            self._kept.move_to_end(text)
            return document
        try:
            node = parse_within(text, limits)
        except GraphQLError as error:
            raise NotRunnable(error) from error
        document = Document(node, measure(node), self._schema, limits)
        _check(document.measure, limits)
        self._keep(text, document)
        return document

    def _keep(self, text: str, document: Document) -> None:
        self._kept[text] = document
        self._characters += len(text)
        while len(self._kept) > KEPT or self._characters > KEPT_CHARACTERS:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)


def _check(measured: Measure, limits: Limits) -> None:
    if found := list(excesses(measured, limits)):
        raise NotRunnable(*found)
