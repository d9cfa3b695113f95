"""What a document has: one pass over it, in which each fragment is measured once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
)

# Numbers stop here: a fragment that is doubled fifty times has more fields than is worth adding.
CEILING: Final = 1_000_000
# Up to so many fields their names are counted. Where there are more, the names don't matter.
NAMES_COUNTED: Final = 20_000
INTROSPECTING: Final = frozenset({"__schema", "__type"})


@dataclass(slots=True)
class Extent:
    """How far a selection set reaches, with the fragments in the places of their spreads.

    ``depth`` and ``introspection_depth`` are the longest ways through fields, the second one below
    ``__schema`` or ``__type``. ``names`` counts the fields of the set itself by response name.
    """

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    fields: int = 0
    repeats: int = 0
    names: Counter[str] = field(default_factory=Counter)

    @property
    def top_fields(self) -> int:
        """How many fields the set itself has."""
        return self.names.total()

    def add_beside(self, other: "Extent") -> None:
        """Take in a fragment."""
        self.depth = max(self.depth, other.depth)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self._count(other, 1)
        if self.fields <= NAMES_COUNTED:
            self.names.update(other.names)

    def add_field(self, node: FieldNode, below: "Extent") -> None:
        """Take in a field, and what it asks for."""
        if node.name.value in INTROSPECTING:
            deepest = max(below.depth, below.introspection_depth)
            self.introspection_depth = max(self.introspection_depth, 1 + deepest)
        else:
            self.depth = max(self.depth, 1 + below.depth)
            if below.introspection_depth:
                self.introspection_depth = max(
                    self.introspection_depth, 1 + below.introspection_depth
                )
        self.aliases = min(self.aliases + (node.alias is not None), CEILING)
        self._count(below, 1)
        self.names[(node.alias or node.name).value] += 1

    def close(self) -> None:
        """Note how often the set has the same field, once it is complete."""
        self.repeats = max(self.repeats, *self.names.values(), 0)

    def _count(self, other: "Extent", own: int) -> None:
        self.aliases = min(self.aliases + other.aliases, CEILING)
        self.fields = min(self.fields + own + other.fields, CEILING)
        self.repeats = max(self.repeats, other.repeats)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a document has. Of several operations and fragments the largest counts."""

    operations: int
    fragments: int
    directives: int
    directives_in_one_place: int
    list_items: int
    depth: int
    introspection_depth: int
    root_fields: int
    aliases: int
    fields: int
    repeats: int


class _Survey:
    """What stands in a document as it is written, wherever it stands."""

    def __init__(self) -> None:
        self.directives = 0
        self.directives_in_one_place = 0
        self.list_items = 0

    def take_directives(self, nodes: Iterable[DirectiveNode] | None) -> None:
        here = list(nodes or ())
        self.directives += len(here)
        self.directives_in_one_place = max(self.directives_in_one_place, len(here))
        for directive in here:
            for argument in directive.arguments or ():
                self.take_value(argument.value)

    def take_value(self, value: ValueNode) -> None:
        values = [value]
        while values:
            one = values.pop()
            if isinstance(one, ListValueNode):
                self.list_items = max(self.list_items, len(one.values))
                values += one.values
            elif isinstance(one, ObjectValueNode):
                values += [member.value for member in one.fields]


def measure(document: DocumentNode) -> Measure:
    """Measure a document, valid or not. A fragment that contains itself ends there."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    written = [one for one in document.definitions if isinstance(one, FragmentDefinitionNode)]
    fragments = {one.name.value: one for one in written}
    survey = _Survey()
    for definition in (*operations, *written):
        survey.take_directives(definition.directives)
        for variable in definition.variable_definitions or ():
            survey.take_directives(variable.directives)
            if variable.default_value is not None:
                survey.take_value(variable.default_value)
    known: dict[str, Extent] = {}
    for name in _inner_first(fragments):
        known[name] = _extent(fragments[name].selection_set, known, survey)
    asked = [_extent(one.selection_set, known, survey) for one in operations]
    # Another one of the same name is refused, but only after it was compared with the rest.
    doubled = [one for one in written if fragments[one.name.value] is not one]
    others = [_extent(one.selection_set, known, survey) for one in doubled]
    inside = [known[name].depth for name, one in fragments.items() if _is_about_types(one)]
    ordinary = [known[name] for name, one in fragments.items() if not _is_about_types(one)]
    extents = [*asked, *known.values(), *others]
    return Measure(
        operations=len(operations),
        fragments=len(written),
        directives=survey.directives,
        directives_in_one_place=survey.directives_in_one_place,
        list_items=survey.list_items,
        depth=max((one.depth for one in (*asked, *ordinary, *others)), default=0),
        introspection_depth=max(
            (*inside, *(one.introspection_depth for one in extents)), default=0
        ),
        root_fields=max((one.top_fields for one in asked), default=0),
        aliases=max((one.aliases for one in extents), default=0),
        fields=max((one.fields for one in extents), default=0),
        repeats=max((one.repeats for one in extents), default=0),
    )


def _is_about_types(fragment: FragmentDefinitionNode) -> bool:
    return fragment.type_condition.name.value.startswith("__")


def _extent(root: SelectionSetNode, known: Mapping[str, Extent], survey: _Survey) -> Extent:
    """Measure a definition. The parser has seen to it that it is nested 200 deep at most."""
    extent = Extent()
    for selection in root.selections:
        survey.take_directives(selection.directives)
        if isinstance(selection, FieldNode):
            for argument in selection.arguments or ():
                survey.take_value(argument.value)
            inner = selection.selection_set
            below = Extent() if inner is None else _extent(inner, known, survey)
            extent.add_field(selection, below)
        elif isinstance(selection, InlineFragmentNode):
            extent.add_beside(_extent(selection.selection_set, known, survey))
        elif isinstance(selection, FragmentSpreadNode):
            extent.add_beside(known.get(selection.name.value, Extent()))
    extent.close()
    return extent


def _inner_first(fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """Order fragments such that those come first that others spread, whatever the chain."""
    ordered: dict[str, None] = {}
    begun: set[str] = set()
    for root in fragments:
        path: list[tuple[str, Iterator[str]]] = []
        if root not in begun:
            begun.add(root)
            path.append((root, _spreads(fragments[root].selection_set)))
        while path:
            name, spreads = path[-1]
            inner = next((one for one in spreads if one in fragments and one not in begun), None)
            if inner is None:
                ordered[name] = None
                path.pop()
            else:
                begun.add(inner)
                path.append((inner, _spreads(fragments[inner].selection_set)))
    return list(ordered)


def _spreads(root: SelectionSetNode) -> Iterator[str]:
    waiting: list[SelectionNode] = list(root.selections)
    while waiting:
        selection = waiting.pop()
        if isinstance(selection, FragmentSpreadNode):
            yield selection.name.value
        elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
            waiting += selection.selection_set.selections
