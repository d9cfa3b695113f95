"""What was compiled of late: kept for each operation, as long as it is asked for."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues

from compiled.compiling import Compiler
from compiled.completion import Completion
from compiled.fields import Place, has_directives
from compiled.refusals import NotCompiled
from compiled.roots import Roots, roots_of
from compiled.variables import Variables

if TYPE_CHECKING:
    from compiled.executor import CompiledExecutor

logger = logging.getLogger(__name__)

KEPT: Final = 300  # operations
KEPT_CHOICES: Final = 8  # of what an operation includes
KEPT_FIELDS: Final = 60_000  # of all operations: each takes about a kilobyte

CompositeType = GraphQLObjectType | GraphQLAbstractType | GraphQLList[Any]


class Plan:
    """What is compiled of one operation for one choice of what is included."""

    __slots__ = ("completions", "roots")

    def __init__(self, roots: Roots | None) -> None:
        self.roots = roots
        self.completions: dict[tuple[object, ...], Completion | None] = {}


class _Including(Visitor):
    """Finds the variables that decide what is included."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


class Plans:
    """What is compiled of one operation, for each choice of what is included.

    Made from the first execution that the library could build.
    """

    def __init__(self, executor: "CompiledExecutor", document: DocumentNode) -> None:
        self.operation: OperationDefinitionNode = executor.operation
        self.fragment_definitions = executor.fragment_definitions
        self.fragments = executor.fragments
        fragments: list[FragmentDefinitionNode] = list(self.fragment_definitions.values())
        # Kept, so that nothing else can have the same address.
        self._known_by_address = (executor.schema, document)
        including = _Including()
        for node in (self.operation, *fragments):
            visit(node, including)
        self._including = tuple(sorted(including.names))
        self._compilable = not any(one.variable_definitions for one in fragments)
        self._chosen: OrderedDict[tuple[object, ...], Plan] = OrderedDict()
        self.fields = 0
        self._variables = self._compiled_variables(executor.schema)

    def _compiled_variables(self, schema: GraphQLSchema) -> Variables | None:
        try:
            return Variables(schema, self.operation)
        except NotCompiled as why:
            logger.debug("the library coerces all variables: %s", why)
            return None

    def variable_values(self, given: Mapping[str, Any]) -> VariableValues | None:
        """Coerce variables; None where the library has to do it."""
        return None if self._variables is None else self._variables.values(given)

    def plan(self, executor: "CompiledExecutor") -> Plan | None:
        """Return what is compiled for these variables; None where nothing can be."""
        if not self._compilable:
            return None
        coerced = executor.variable_values.coerced
        choice = tuple([coerced.get(name) for name in self._including])
        plan = self._chosen.get(choice)
        if plan is None:
            plan = self._chosen[choice] = Plan(roots_of(executor))
            if plan.roots is not None:
                self.fields += len(plan.roots.fields)
            if len(self._chosen) > KEPT_CHOICES:
                self._chosen.popitem(last=False)
        return plan


_kept: OrderedDict[tuple[int, int, str | None], Plans] = OrderedDict()


def kept_plans(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> Plans | None:
    """Return what is compiled of an operation, None where nothing was yet."""
    key = (id(schema), id(document), name)
    plans = _kept.get(key)
    if plans is not None:
        _kept.move_to_end(key)
    return plans


def keep_plans(executor: "CompiledExecutor", document: DocumentNode, name: str | None) -> Plans:
    """Keep what will be compiled of an execution's operation."""
    key = (id(executor.schema), id(document), name)
    plans = _kept[key] = Plans(executor, document)
    _forget()
    return plans


def _forget() -> None:
    """Forget what was not asked for the longest, where too much is kept."""
    fields = sum(plans.fields for plans in _kept.values())
    while len(_kept) > 1 and (len(_kept) > KEPT or fields > KEPT_FIELDS):
        _, oldest = _kept.popitem(last=False)
        fields -= oldest.fields


def completion_of(
    executor: "CompiledExecutor",
    plan: Plan,
    info: GraphQLResolveInfo[Any],
    kind: CompositeType,
    details: list[FieldDetails],
) -> Completion | None:
    """Return the completion of a value that the stock executor has; None where it has to do it."""
    key = _key(kind, details)
    completions = plan.completions
    if key not in completions:
        completions[key] = _compiled(executor, info, kind, details)
    return completions[key]


def give_up(plan: Plan, kind: CompositeType, details: list[FieldDetails]) -> None:
    """Leave a value to the stock executor from now on."""
    plan.completions[_key(kind, details)] = None


def _key(kind: CompositeType, details: list[FieldDetails]) -> tuple[object, ...]:
    return (kind, *[id(one.node) for one in details])


def _compiled(
    executor: "CompiledExecutor",
    info: GraphQLResolveInfo[Any],
    kind: CompositeType,
    details: list[FieldDetails],
) -> Completion | None:
    definition = executor.schema.get_field(info.parent_type, info.field_name)
    if definition is None or has_directives(details):
        return None
    compiler = Compiler(
        executor.schema, executor.fragments, executor.variable_values, executor.operation
    )
    try:
        completion = compiler.present(kind, Place(info.parent_type, details, definition))
    except (GraphQLError, NotCompiled, RecursionError) as why:
        logger.debug("%s is not compiled: %s", info.field_name, why)
        return None
    executor.plans.fields += compiler.fields
    _forget()
    return completion
