"""How much one may ask for in a while: a bucket of points for each user, else each address."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from graphql import GraphQLError

from resolvers.access import ANONYMOUS, Viewer
from schema.limits import Charge

# A gradebook page costs some 2,000: a teacher may turn several, and read one before the next.
COST_OF_A_POINT: Final = 10
# Who has not asked for longest is forgotten, and has all points again.
KNOWN: Final = 10_000
_SITE_BITS: Final = 64  # of an IPv6 address: whoever has one has all that begin like it


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class RateLimit:
    """The buckets of this process. A request takes a point, and one for each 10 of its cost."""

    def __init__(
        self, points: int, per_second: float, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._points = points
        self._per_second = per_second
        self._now = now
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def charge_for(self, address: str) -> Charge:
        """Return what charges those who ask from an address.

        It raises a GraphQLError with the code RATE_LIMITED and ``retryAfter``, in whole seconds.
        """

        def charge(viewer: Viewer, cost: int) -> None:
            payer = site_of(address) if viewer == ANONYMOUS else f"user {viewer.name}"
            self._take(payer, cost / COST_OF_A_POINT)

        return charge

    def _take(self, payer: str, points: float) -> None:
        now = self._now()
        bucket = self._buckets.get(payer)
        if bucket is None:
            bucket = self._buckets[payer] = _Bucket(self._points, now)
            if len(self._buckets) > KNOWN:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(payer)
        regained = (now - bucket.at) * self._per_second
        bucket.left, bucket.at = min(self._points, bucket.left + regained), now
        # What costs more than a full bucket is run when it is full.
        taken = min(points, self._points)
        if bucket.left < taken:
            raise _too_fast(math.ceil((taken - bucket.left) / self._per_second))
        bucket.left -= taken


def site_of(address: str) -> str:
    """Return the part of an address that one client has for itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "address unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"site {int(parsed) >> (parsed.max_prefixlen - _SITE_BITS):x}"
    return f"address {address}"


def _too_fast(seconds: int) -> GraphQLError:
    return GraphQLError(
        f"You have asked for too much in too short a time: try again in {seconds} s.",
        extensions={"code": "RATE_LIMITED", "retryAfter": seconds},
    )
