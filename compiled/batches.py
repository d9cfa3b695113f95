"""Batch resolvers: one call for the same field of many objects."""

from collections.abc import Callable
from typing import Any, Final

BATCH: Final = "batch"

BatchResolver = Callable[..., Any]


def in_batches(resolver: BatchResolver) -> dict[str, BatchResolver]:
    """Return the metadata of a field that is resolved for many objects at once.

    ``resolver(sources, info, **arguments)`` returns a value for each source, in their order, and
    raises where one of them has none. The field's ordinary resolver must give the same values: it
    is asked wherever the field is not compiled, and for the errors.
    """
    return {BATCH: resolver}
