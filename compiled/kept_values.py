"""Kept values: parts of answers as they were written, while what they tell stays the same."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import orjson

KEPT: Final = "kept"

_OVERHEAD: Final = 500  # bytes that an entry takes beside its text

_Key = tuple[Hashable, Hashable]
_Kept = tuple[Hashable, orjson.Fragment, int]  # the state, what was written, and its size

SettledFields = Mapping[str, frozenset[str]]


class Mark(Protocol):
    """Which value a field has for an object, and of which state."""

    @property
    def subject(self) -> Hashable:
        """What it is the value of."""
        ...

    @property
    def state(self) -> Hashable:
        """What has to change before anybody can read anything else in the value."""
        ...

    @property
    def keepable(self) -> bool:
        """Whether all of the value is read after the state, or as of the same moment.

        Otherwise it is not kept, though one that is kept already may stand in for it.
        """
        ...


Marking = Callable[..., Sequence[Mark | None]]


@dataclass(frozen=True, slots=True)
class Keeping:
    """How the values of a field are kept."""

    marks: Marking
    settled: SettledFields


def kept_by(marks: Marking, settled: SettledFields) -> dict[str, Keeping]:
    """Return the metadata of a field whose values may be kept, as they were written.

    ``marks(sources, info, **arguments)`` returns a mark for each source, None for what is not to
    be kept. ``settled`` names, for each type, the fields that a mark's state tells everything of:
    where others are selected, values are not kept.
    """
    return {KEPT: Keeping(marks, settled)}


class KeptValues:
    """Written values, those forgotten first that were asked for the longest time ago."""

    def __init__(self, limit: int) -> None:
        """Keep at most ``limit`` bytes."""
        self._limit, self._size = limit, 0
        self._written: OrderedDict[_Key, _Kept] = OrderedDict()

    def find(
        self, selected: Hashable, marks: Sequence[Mark | None]
    ) -> list[orjson.Fragment | None]:
        """Return what was written of a selection, None where that was of another state."""
        written, touch = self._written, self._written.move_to_end
        found: list[orjson.Fragment | None] = [None] * len(marks)
        for at, mark in enumerate(marks):
            if mark is None:
                continue
            key = (selected, mark.subject)
            kept = written.get(key)
            if kept is not None and kept[0] == mark.state:
                touch(key)
                found[at] = kept[1]
        return found

    def keep(self, selected: Hashable, mark: Mark, value: object) -> orjson.Fragment:
        """Write a value and keep it."""
        written = orjson.dumps(value)
        fragment = orjson.Fragment(written)
        key = (selected, mark.subject)
        self._forget(key)
        size = len(written) + _OVERHEAD
        if size <= self._limit:
            self._written[key] = mark.state, fragment, size
            self._size += size
        while self._size > self._limit:
            self._forget(next(iter(self._written)))
        return fragment

    def _forget(self, key: _Key) -> None:
        forgotten = self._written.pop(key, None)
        if forgotten is not None:
            self._size -= forgotten[2]
