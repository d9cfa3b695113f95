"""What is wrong with a request, as far as its head tells: method, address, origin, media type."""

from functools import lru_cache
from typing import Final

from starlette.requests import Request

from server.negotiation import JSON
from server.refusals import Refused

# A page of another site can send these only after the browser has asked us, and we say no.
PREFLIGHTED: Final = frozenset(
    {
        "apollo-require-preflight",
        "graphql-require-preflight",
        "x-apollo-operation-name",
        "x-graphql-yoga-csrf",
    }
)


def check_method(request: Request) -> None:
    """Check that the method is one of GraphQL's.

    :raises Refused: if not.
    """
    if request.method not in {"GET", "POST"}:
        message = "GraphQL takes GET and POST."
        raise Refused(405, "METHOD_NOT_ALLOWED", message, {"Allow": "GET, POST"})


def check_head(request: Request, *, max_url: int) -> None:
    """Check everything else. `max_url` is in bytes.

    :raises Refused: if something is wrong.
    """
    length = len(request.scope["raw_path"]) + len(request.scope["query_string"]) + 1
    if length > max_url:
        message = f"The address may have {max_url} bytes: send the request by POST."
        raise Refused(414, "URI_TOO_LONG", message)
    if request.method == "GET":
        _check_origin(request)
    else:
        _check_media_type(request)


def _check_origin(request: Request) -> None:
    # Browsers send this header by themselves, and no page can change it.
    elsewhere = request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    if elsewhere and PREFLIGHTED.isdisjoint(request.headers):
        message = (
            "A page of another site may not send a GET request without the header "
            "GraphQL-Require-Preflight."
        )
        raise Refused(403, "CROSS_SITE_REQUEST", message)


def _check_media_type(request: Request) -> None:
    types = request.headers.getlist("content-type")
    encoding = request.headers.get("content-encoding", "identity")
    if len(types) != 1 or not _is_json(types[0]):
        message = f"Send the request as {JSON}, in UTF-8."
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", message, {"Accept-Post": JSON})
    if encoding.strip().lower() not in {"", "identity"}:
        message = "Send the request without a Content-Encoding."
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", message, {"Accept-Encoding": "identity"})


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    media_type, *parameters = content_type.lower().split(";")
    charsets = [
        value.strip().strip('"')
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.strip() == "charset"
    ]
    return media_type.strip() == JSON and all(charset == "utf-8" for charset in charsets)
