"""Documents that clients send: parsed and validated once, however many send the same."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    validate,
    visit,
)
from strawberry.types.graphql import OperationType

KEPT: Final = 200
LONGEST_KEPT: Final = 10_000  # characters
RESUMING_ARGUMENT: Final = "after"


class NotRunnable(Exception):
    """An operation that cannot begin, and all that is wrong with it."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


@dataclass(frozen=True)
class Operation:
    """One operation of a valid document."""

    document: DocumentNode
    node: OperationDefinitionNode

    @property
    def kind(self) -> OperationType:
        """Whether it asks, changes or follows."""
        return OperationType(self.node.operation.value)

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
    """A document that could be parsed, and what is wrong with it."""

    node: DocumentNode
    errors: tuple[GraphQLError, ...]

    @cached_property
    def _operations(self) -> dict[str | None, Operation]:
        return {
            node.name.value if node.name else None: Operation(self.node, node)
            for node in self.node.definitions
            if isinstance(node, OperationDefinitionNode)
        }

    def operation(self, name: str | None, *, allowed: Collection[OperationType]) -> Operation:
        """Return the operation of this name, or the only one.

        :raises NotRunnable: if the document is not valid, if it cannot be told which one is meant,
            or if its kind is not allowed.
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
            raise NotRunnable(GraphQLError(f"Unknown operation named {name!r}."))
        return self._operations[name]

    def _only(self) -> Operation:
        if len(self._operations) != 1:
            message = "Say with operationName which of the operations is meant."
            raise NotRunnable(GraphQLError(message))
        (operation,) = self._operations.values()
        return operation


class Documents:
    """The documents that were sent of late."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def read(self, text: str) -> Document:
        """Parse and validate a document, or find that this was done before.

        :raises NotRunnable: if it cannot be parsed.
        """
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        try:
            node = parse(text)
        except GraphQLError as error:
            raise NotRunnable(error) from error
        errors = validate(self._schema, node)
        document = Document(node, tuple(errors))
        if len(text) <= LONGEST_KEPT:
            self._kept[text] = document
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return document
