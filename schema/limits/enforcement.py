"""Which limits hold for what this task and its children run, and who pays for it."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from resolvers.access import Viewer
from schema.limits.limits import Limits

# Takes what an operation costs from what the viewer has left.
Charge = Callable[[Viewer, int], None]

DEFAULTS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Enforcement:
    """Limits, and where there is a rate as well, how it is charged.

    ``charge`` raises a GraphQLError with a code for who has nothing left.
    """

    limits: Limits = DEFAULTS
    charge: Charge | None = None

    def spend(self, viewer: Viewer, cost: int) -> None:
        """Charge what an operation costs.

        :raises GraphQLError: if the viewer asks for too much in too short a time.
        """
        if self.charge is not None:
            self.charge(viewer, cost)


_BY_DEFAULT: Final = Enforcement()
_in_force: Final[ContextVar[Enforcement | None]] = ContextVar("limits", default=None)


def enforce(limits: Limits, charge: Charge | None = None) -> None:
    """Let these limits hold for all that this task and its children run."""
    _in_force.set(Enforcement(limits, charge))


def enforcement() -> Enforcement:
    """Return what holds here; the default limits, and no rate, where nobody said."""
    return _in_force.get() or _BY_DEFAULT
