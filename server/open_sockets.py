"""The sockets of this process: how many there are, and how many anybody has."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from resolvers.access import ANONYMOUS, Viewer
from server.rate_limit import site_of
from server.refusals import RETRY_AFTER, Refused
from server.socket_limits import SocketLimits

_CODE = "TOO_MANY_SOCKETS"


class TooManySockets(Exception):
    """One has as many sockets as one may have. Its text goes into the closing frame."""


class Seat:
    """The place that one socket takes: of an address, until it is known whose it is."""

    def __init__(self, holders: Counter[tuple[str, str]], site: str) -> None:
        self._holders = holders
        self._site = site
        self._holder = ("nameless", site)
        holders[self._holder] += 1

    def give_to(self, viewer: Viewer, at_most: int | None) -> None:
        """Count the socket as one of this viewer's; of those without a name, by their address.

        :raises TooManySockets: if the viewer has as many as that; None allows any number.
        """
        owner = ("site", self._site) if viewer == ANONYMOUS else ("user", viewer.name)
        if at_most is not None and self._holders[owner] >= at_most:
            raise TooManySockets(f"Too many sockets: {at_most} are open")
        self.leave()
        self._holder = owner
        self._holders[owner] += 1

    def leave(self) -> None:
        """Let another have the place."""
        self._holders[self._holder] -= 1
        if not self._holders[self._holder]:
            del self._holders[self._holder]


class OpenSockets:
    """All sockets of this process."""

    def __init__(self, limits: SocketLimits) -> None:
        self._limits = limits
        self._holders: Counter[tuple[str, str]] = Counter()
        self.count = 0

    @contextmanager
    def seat(self, address: str) -> Iterator[Seat]:
        """Give a socket from this address a place for the length of a block.

        :raises Refused: if there is none.
        """
        retry = {"Retry-After": RETRY_AFTER}
        site = site_of(address)
        if self.count >= self._limits.worker:
            message = f"The server has {self.count} sockets open: try again soon."
            raise Refused(503, _CODE, message, retry)
        if self._holders["nameless", site] >= self._limits.address:
            message = (
                f"{self._limits.address} sockets from your address have not sent connection_init: "
                "try again soon."
            )
            raise Refused(429, _CODE, message, retry)
        seat = Seat(self._holders, site)
        self.count += 1
        try:
            yield seat
        finally:
            self.count -= 1
            seat.leave()
