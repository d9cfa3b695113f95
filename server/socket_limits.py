"""How much a socket may be, and how fast one may send."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from server.origins import origins_in
from server.settings import Settings

# Messages come in bursts, of a page that opens: the rate is a mean over so many seconds.
RATE_OVER: Final = 5.0


@dataclass(frozen=True)
class SocketLimits:
    """What is granted to sockets. ``user`` is None where everybody is the same one."""

    greeting: timedelta
    lifetime: float  # seconds, where no token ends
    operations: int
    message_rate: float  # a second
    user: int | None
    address: int
    worker: int
    origins: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "SocketLimits":
        """Take the limits from the settings."""
        return cls(
            greeting=timedelta(seconds=settings.socket_init_timeout),
            lifetime=settings.socket_lifetime,
            operations=settings.socket_subscriptions,
            message_rate=settings.socket_message_rate,
            user=None if settings.in_development else settings.sockets_per_user,
            address=settings.sockets_per_address,
            worker=settings.sockets_per_worker,
            origins=origins_in(settings.allowed_origins),
        )


class Allowance:
    """A bucket that holds so much, and fills again at a rate a second."""

    def __init__(self, rate: float, size: float) -> None:
        self._rate = rate
        self._size = size
        self._left = size
        self._at = 0.0

    def spend(self, now: float) -> bool:
        """Take one at a time in seconds, which never goes back; tell whether there was one."""
        self._left = min(self._size, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
