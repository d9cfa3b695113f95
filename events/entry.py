"""What is asked of a log and of its entries to be followed."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar


class Place(Protocol):
    """A place in a log. Of two places the greater one is behind the smaller one."""

    def __lt__(self, other: Any, /) -> bool: ...  # noqa: ANN401
    def __le__(self, other: Any, /) -> bool: ...  # noqa: ANN401


P = TypeVar("P", bound=Place)
P_co = TypeVar("P_co", bound=Place, covariant=True)


class Entry(Protocol[P_co]):
    """One event, at a place of its own, about one course."""

    @property
    def place(self) -> P_co: ...

    @property
    def course_id(self) -> int: ...


E = TypeVar("E", bound=Entry[Any])
E_co = TypeVar("E_co", bound=Entry[Any], covariant=True)

# Events behind a place, oldest first, and at most so many. Fewer only where the log ends.
ReadPage: TypeAlias = Callable[[P, int], Awaitable[Sequence[E]]]


class Log(Protocol[E_co, P]):
    """The truth: events in an order that never changes, each of them complete when seen."""

    async def after(self, place: P, limit: int) -> Sequence[E_co]:
        """Return the next events behind a place, oldest first; fewer only at the end."""
        ...

    async def end(self) -> P:
        """Return the place behind all events that can be read now."""
        ...

    async def has_incomplete(self) -> bool:
        """Tell whether there are events that cannot be read until somebody else is done."""
        ...
