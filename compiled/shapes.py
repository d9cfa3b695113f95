"""Values of one field for a whole level: opened down to the objects in them, and closed again."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from graphql import Undefined

from compiled.refusals import NotCompiled

NO_NULLS: Final = None
_PLAIN: Final = frozenset({list, tuple})

Lists = Sequence[Sequence[Any]]


def opened(values: Lists) -> tuple[list[Any], list[int]]:
    """Return what is in lists, one after the other, and how many each has.

    :raises NotCompiled: if one is no list or tuple: what is read twice may be empty then.
    """
    if any(value.__class__ not in _PLAIN for value in values):
        raise NotCompiled("something other than a list")
    return list(chain.from_iterable(values)), [len(value) for value in values]


def closed(items: list[Any], sizes: list[int]) -> list[Any]:
    """Make lists again."""
    if len(sizes) == 1:
        return [items]
    lists = []
    begin = 0
    for size in sizes:
        lists.append(items[begin : begin + size])
        begin += size
    return lists


def without_nulls(values: Sequence[Any]) -> tuple[Sequence[Any], list[bool] | None]:
    """Return the values that there are, and where some are missing."""
    there = [value for value in values if value is not None and value is not Undefined]
    if len(there) == len(values):
        return values, NO_NULLS
    return there, [value is not None and value is not Undefined for value in values]


def with_nulls(values: list[Any], present: list[bool] | None) -> list[Any]:
    """Put the nulls back."""
    if present is NO_NULLS:
        return values
    remaining = iter(values)
    return [next(remaining) if there else None for there in present]
