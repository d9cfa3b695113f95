"""Who is told of each batch that a loader reads: nobody, unless somebody asks to be."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, TypeAlias

# Given what is read and of how many: what is entered before the read and left after it.
Around: TypeAlias = Callable[[str, int], AbstractContextManager[Any]]

_NOTHING: Final = nullcontext()
_observers: list[Around] = []


@contextmanager
def batches_observed(around: Around) -> Iterator[None]:
    """Enter what ``around`` returns for each batch of this process, for the length of a block."""
    _observers.append(around)
    try:
        yield
    finally:
        _observers.remove(around)


def observing(name: str, size: int) -> AbstractContextManager[Any]:
    """Return what a batch is to be read inside of."""
    return _observers[-1](name, size) if _observers else _NOTHING
