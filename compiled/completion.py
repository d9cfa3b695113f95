"""Completion of a field's values for a whole level, by the kind of its type."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from compiled.leaves import Leaf
from compiled.run import Run
from compiled.shapes import closed, opened, with_nulls, without_nulls


class Completion(ABC):
    """How values become parts of the answer; ``waits`` where that takes awaiting."""

    waits = False

    @abstractmethod
    def complete(self, values: Sequence[Any], run: Run) -> list[Any]:
        """Complete values of a level."""

    async def completed(self, values: Sequence[Any], run: Run) -> list[Any]:
        """Complete values of a level, awaiting what has to be."""
        return self.complete(values, run)


class Wrapped(Completion):
    """Values inside of others."""

    def __init__(
        self,
        inner: Completion,
        open_: Callable[[Any], tuple[Sequence[Any], Any]],
        close: Callable[[list[Any], Any], list[Any]],
    ) -> None:
        self._inner, self._open, self._close = inner, open_, close
        self.waits = inner.waits

    def complete(self, values: Sequence[Any], run: Run) -> list[Any]:
        within, shape = self._open(values)
        return self._close(self._inner.complete(within, run), shape)

    async def completed(self, values: Sequence[Any], run: Run) -> list[Any]:
        within, shape = self._open(values)
        return self._close(await self._inner.completed(within, run), shape)


def lists_of(inner: Completion) -> Completion:
    """Complete lists."""
    return Wrapped(inner, opened, closed)


def nullable(inner: Completion) -> Completion:
    """Complete what may be null."""
    return Wrapped(inner, without_nulls, with_nulls)


class Leaves(Completion):
    """Scalars and enums."""

    def __init__(self, leaf: Leaf) -> None:
        self._written = leaf.written

    def complete(self, values: Sequence[Any], run: Run) -> list[Any]:  # noqa: ARG002
        return [self._written(value) for value in values]
