"""Origins of web pages, as browsers send them."""

from urllib.parse import urlsplit


def origins_in(setting: str | None) -> tuple[str, ...]:
    """Split a list with commas; None is an empty one."""
    return tuple(origin.strip() for origin in (setting or "").split(",") if origin.strip())


def is_origin(text: str) -> bool:
    """Tell whether this is a scheme, a host and perhaps a port, and nothing else."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    rest = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and not rest
