"""Whether an operation may begin: what it asks for, what it costs, and whether that can be paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLError

from resolvers.access import Viewer
from schema.documents import Document, NotRunnable, Operation
from schema.limits import check_variables, enforcement, refused

# What any request is charged before it is looked at, so that the wrong ones are paid for as well.
REQUEST: Final = 10
_NO_INTROSPECTION: Final = "Introspection is off for you: the schema is in the documentation."


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation costs, and what it could cost at most."""

    requested: int
    limit: int

    def told(self) -> dict[str, int]:
        """Return it as clients are told in ``extensions.cost``."""
        return {"requested": self.requested, "limit": self.limit}


def charge_request(viewer: Viewer) -> None:
    """Charge what every request costs.

    :raises NotRunnable: if the viewer has sent too many.
    """
    _spend(viewer, REQUEST)


def check_introspection(document: Document, viewer: Viewer) -> None:
    """Let only those ask what the schema is who may.

    :raises NotRunnable: for all others.
    """
    if document.introspects and not enforcement().limits.may_introspect(viewer):
        code = {"code": "INTROSPECTION_DISABLED"}
        raise NotRunnable(GraphQLError(_NO_INTROSPECTION, extensions=code))


def admit(operation: Operation, variables: Mapping[str, Any], viewer: Viewer) -> Cost:
    """Return what an operation costs, once that is charged.

    :raises NotRunnable: if it asks for too much, or for too much in too short a time.
    """
    limits = enforcement().limits
    try:
        check_variables(variables, limits)
    except GraphQLError as error:
        raise NotRunnable(error) from error
    cost = Cost(operation.price.with_variables(variables), limits.cost_for(viewer))
    if cost.requested > cost.limit:
        what = "The operation costs too much; ask for fewer fields, or for smaller pages"
        raise NotRunnable(refused("TOO_COSTLY", what, cost.requested, cost.limit))
    _spend(viewer, cost.requested)
    return cost


def _spend(viewer: Viewer, cost: int) -> None:
    try:
        enforcement().spend(viewer, cost)
    except GraphQLError as error:
        raise NotRunnable(error) from error
