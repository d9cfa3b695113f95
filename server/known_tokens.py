"""Tokens that were verified of late: a signature is checked once, and holds until it may not."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from server.auth import Identity

KEPT: Final = 2_000


class KnownTokens:
    """Who sent which token, with the keys that it was verified with.

    Only tokens that held are kept, the latest used 2,000: forgers cannot fill it. One is asked for
    anew as soon as it has ended, or when the keys were fetched again: they may have been revoked.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Identity, object]] = OrderedDict()

    def find(self, authorization: str, keys: object) -> "Identity | None":
        """Return who sends this, if it holds still and these are the keys it was verified with."""
        known = self._known.get(authorization)
        if known is None:
            return None
        identity, verified_with = known
        ended = identity.holds_until is None or identity.holds_until <= datetime.now(UTC)
        if ended or verified_with is not keys:
            del self._known[authorization]
            return None
        self._known.move_to_end(authorization)
        return identity

    def keep(self, authorization: str, keys: object, identity: "Identity") -> None:
        """Keep who sends this, verified with these keys."""
        self._known[authorization] = (identity, keys)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
