"""The numbers."""

from dataclasses import dataclass
from typing import Literal

from resolvers.access import ANONYMOUS, Viewer

Introspectors = Literal["everybody", "signed-in", "staff", "nobody"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may have; the measures are those of ``schema.limits.measure``.

    ``fields`` counts what remains when fragments are put where they are spread, and each spread as
    one. ``repeats`` is how often one selection set may ask for the same field: to see whether
    they can be merged, validation compares each with each.
    """

    characters: int = 20_000
    tokens: int = 2_000
    comments: int = 200
    operations: int = 10
    fragments: int = 50
    depth: int = 12
    introspection_depth: int = 15
    root_fields: int = 20
    aliases: int = 30
    fields: int = 1_000
    repeats: int = 60
    directives: int = 50
    directives_in_one_place: int = 4
    validation_errors: int = 20
    list_items: int = 1_000
    cost: int = 5_000
    anonymous_cost: int = 1_000
    introspection: Introspectors = "staff"

    def cost_for(self, viewer: Viewer) -> int:
        """Return what one request of this viewer may cost."""
        return self.anonymous_cost if viewer == ANONYMOUS else self.cost

    def may_introspect(self, viewer: Viewer) -> bool:
        """Tell whether this viewer may ask what the schema is."""
        match self.introspection:
            case "everybody":
                return True
            case "signed-in":
                return viewer != ANONYMOUS
            case "staff":
                return viewer.global_staff
            case "nobody":
                return False
