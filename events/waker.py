"""What wakes a tail when somebody else has written."""

from typing import Any, Protocol

from events.entry import P_co


class Wakeable(Protocol[P_co]):
    """A reader of the log that sleeps while there is nothing to read."""

    @property
    def place(self) -> P_co:
        """Return how far the log was read."""
        ...

    def wake(self) -> None:
        """Have the log looked at now."""
        ...


class Waker(Protocol):
    """A way in which processes tell each other to look at the log.

    It may lose what it likes: the log is looked at every second anyway.
    """

    async def run(self, tail: Wakeable[Any]) -> None:
        """Wake a tail whenever others may have written, until cancelled."""
        ...

    def announce(self) -> None:
        """Tell others soon that this process has written. Never waits and never fails."""
        ...
