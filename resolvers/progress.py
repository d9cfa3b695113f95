"""Long work told step by step: batches, and how much of it is done."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

# Called again and again with how much is done, and of how much where that is known.
Progress = Callable[[int, int | None], None]


def unseen(done: int, total: int | None) -> None:
    """Show progress to nobody."""


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items, in order, in lists of ``size``; the last may be shorter."""
    remaining = iter(items)
    return iter(lambda: list(islice(remaining, size)), [])
