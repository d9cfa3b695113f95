"""Random documents for our schema, with arguments that now and then mean something."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import GraphQLSchema, Node, print_ast, print_schema
from graphql.language import (
    ArgumentNode,
    DocumentNode,
    ObjectValueNode,
    StringValueNode,
    Visitor,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from schema import schema

SDL: Final = schema.as_str()
_LEARNER: Final = frozenset({"id", "userId", "username", "externalUserKey"})
_CURSORS: Final = frozenset({"after", "before"})
_STREAMS: Final = print_schema(
    GraphQLSchema(
        query=schema._schema.subscription_type,
        types=list(schema._schema.type_map.values()),
    )
)

Known = Mapping[str, Sequence[str]]


def documents(root: str, field: str, known: Known) -> st.SearchStrategy[str]:
    """Make documents that ask for one field of a root type.

    ``known`` are texts that mean something, by the name of a scalar, and under ``cursor``.
    """
    scalars = {
        "CourseKey": _texts(known["CourseKey"]),
        "UsageKey": _texts(known["UsageKey"]),
        "DateTime": _texts(
            ["2026-02-20T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.9-12:00"]
        ),
        "GradeFraction": st.floats(0, 2).map(nodes.Float),
        "ID": _texts(known["ID"]),
    }

    def printed(document: DocumentNode) -> str:
        return print_ast(visit(document, _Sense(known)))

    options: dict[str, Any] = {
        "fields": [field],
        "custom_scalars": scalars,
        "print_ast": printed,
    }
    if root == "Mutation":
        return mutations(SDL, **options).map(str)
    if root == "Subscription":
        return queries(_STREAMS, **options).map(lambda text: "subscription " + _bare(str(text)))
    return queries(SDL, **options).map(str)


def _bare(document: str) -> str:
    return document[document.index("{") :]


def _texts(known: Sequence[str]) -> st.SearchStrategy[StringValueNode]:
    senseless = st.text(max_size=60)
    meant = st.sampled_from(known)
    return st.sampled_from([senseless, *[meant] * 7]).flatmap(lambda one: one.map(nodes.String))


class _Sense(Visitor):
    """Names one learner where it was several things at once, and puts cursors in."""

    def __init__(self, known: Known) -> None:
        super().__init__()
        self._known = known

    def enter_object_value(self, node: ObjectValueNode, *_: object) -> Node | None:
        # Else hardly any document gets past @oneOf, which hypothesis-graphql does not know.
        if {one.name.value for one in node.fields} <= _LEARNER and len(node.fields) > 1:
            chance = random.Random(print_ast(node))
            return ObjectValueNode(fields=(chance.choice(node.fields),))
        return None

    def enter_argument(self, node: ArgumentNode, *_: object) -> Node | None:
        if node.name.value not in _CURSORS or not isinstance(node.value, StringValueNode):
            return None
        chance = random.Random(node.value.value)
        if chance.random() < 0.3:
            return None
        value = StringValueNode(value=chance.choice(self._known["cursor"]))
        return ArgumentNode(name=node.name, value=value)
