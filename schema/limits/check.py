"""Whether a document keeps within the limits."""

from collections.abc import Iterator
from typing import Final

from graphql import GraphQLError

from schema.limits.limits import Limits
from schema.limits.measure import Measure
from schema.limits.refusals import refused

# By the name of the measure, which is the limit's as well.
_REFUSALS: Final = {
    "operations": ("TOO_MANY_OPERATIONS", "The document has too many operations"),
    "fragments": ("TOO_MANY_FRAGMENTS", "The document has too many fragments"),
    "depth": ("TOO_DEEP", "The document is too deep"),
    "introspection_depth": ("TOO_DEEP", "The introspection is too deep"),
    "root_fields": ("TOO_MANY_ROOT_FIELDS", "An operation has too many root fields"),
    "aliases": ("TOO_MANY_ALIASES", "The document has too many aliases"),
    "fields": ("TOO_MANY_FIELDS", "The document has too many fields and spreads"),
    "repeats": ("TOO_MANY_REPEATS", "The document asks too often for the same field in one place"),
    "directives": ("TOO_MANY_DIRECTIVES", "The document has too many directives"),
    "directives_in_one_place": (
        "TOO_MANY_DIRECTIVES",
        "The document has too many directives in one place",
    ),
    "list_items": ("TOO_MANY_ITEMS", "A list in the document has too many items"),
}


def excesses(measure: Measure, limits: Limits) -> Iterator[GraphQLError]:
    """Yield a refusal for everything that there is too much of."""
    for name, (code, what) in _REFUSALS.items():
        found, allowed = getattr(measure, name), getattr(limits, name)
        if found > allowed:
            yield refused(code, what, found, allowed)
