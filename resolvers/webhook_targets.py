"""Where events may be delivered to: which hosts, over what, and at which addresses."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from grading import InvalidInput

MAX_URL: Final = 2_000
_TRANSLATED: Final = ip_network("64:ff9b::/96")
_GIVEN_OUT: Final = ip_network("2000::/3")  # all of IPv6 that leads to hosts of the world

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be delivered to, in its parts. ``host`` is without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class WebhookTargets:
    """The hosts that may be delivered to, and whether private and loopback addresses may.

    A pattern is a host's name or address, ``*.example.org`` for all below it, or ``*`` for all.
    """

    hosts: tuple[str, ...] = ()
    private: bool = False

    def target_of(self, url: str) -> Target:
        """Return where a URL leads.

        :raises InvalidInput: saying what is wrong with it, or that its host is not allowed.
        """
        parts = _parts_of(url)
        host = (parts.hostname or "").rstrip(".")
        if not any(_matches(host, pattern) for pattern in self.hosts):
            raise InvalidInput(
                "Webhooks may not be delivered to this host. The operator names the hosts that "
                "they may in COURSEGRADE_WEBHOOK_HOSTS.",
                field=["url"],
            )
        address = address_of(host)
        if address is not None:
            self.require_allowed(address)
        if parts.scheme == "http" and not (
            self.private and (host == "localhost" or (address is not None and address.is_loopback))
        ):
            raise InvalidInput("A webhook's url must begin with https://.", field=["url"])
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        default = 443 if parts.scheme == "https" else 80
        return Target(parts.scheme, host, default if parts.port is None else parts.port, path)

    def require_allowed(self, address: Address) -> None:
        """Let only those addresses pass that may be connected to.

        :raises InvalidInput: for all others.
        """
        meant = _meant_by(address)
        # What is no address of one host is refused whatever is set.
        if meant.is_unspecified or meant.is_multicast:
            raise InvalidInput("This is not the address of a host.", field=["url"])
        if not (self.private or _is_public(meant)):
            raise InvalidInput(
                "Webhooks may not be delivered to private, link-local or loopback addresses.",
                field=["url"],
            )


NO_TARGETS: Final = WebhookTargets()


def address_of(host: str) -> Address | None:
    """Return the address that a host's name spells, None where it has to be looked up."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _parts_of(url: str) -> SplitResult:
    # No spaces, controls or anything else that two readers of a URL may read differently.
    if len(url) > MAX_URL or not url.isascii() or any(one <= " " or one in '\\"<>' for one in url):
        raise InvalidInput("This is not a URL in plain ASCII, without spaces.", field=["url"])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput("This is not a URL.", field=["url"]) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise InvalidInput("A webhook's url must begin with https:// and a host.", field=["url"])
    if "@" in parts.netloc or parts.fragment or "%" in parts.netloc:
        raise InvalidInput("A webhook's url has no user, password or fragment.", field=["url"])
    return parts


def _matches(host: str, pattern: str) -> bool:
    pattern = pattern.lower().rstrip(".")
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[1:]
    return pattern in {"*", host}


def _is_public(address: Address) -> bool:
    return address.is_global and (isinstance(address, IPv4Address) or address in _GIVEN_OUT)


def _meant_by(address: Address) -> Address:
    # IPv4 in IPv6's clothes leads to where the IPv4 address does.
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
