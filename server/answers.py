"""Answers over HTTP: in GraphQL's form, whatever happened."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from starlette.requests import HTTPConnection
from starlette.responses import Response
from strawberry.types import ExecutionResult

from resolvers.context import new_id
from schema.limits import CODES
from schema.live import SharedResult
from server.entity_tags import entity_tag, is_held
from server.negotiation import GRAPHQL_RESPONSE
from server.refusals import RETRY_AFTER, Refused

_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
# A client may keep it for itself, and must ask each time whether it holds.
_TAGGED: Final = (
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Accept, Authorization"),
    (b"x-content-type-options", b"nosniff"),
)
# Of operations that were not run, or not to an end.
_STATUSES: Final[Mapping[str, int]] = {
    **dict.fromkeys(CODES, 400),
    "INTERNAL_ERROR": 500,
    "RATE_LIMITED": 429,
    "SERVICE_UNAVAILABLE": 503,
    "TIMEOUT": 504,
}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


def request_id_of(request: HTTPConnection) -> str:
    """Return the id that the client or a proxy gave to the request, or a new one."""
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id()


def headers_of(request_id: str) -> dict[str, str]:
    """Return what the head of every answer says."""
    return {**_HEADERS, "X-Request-ID": request_id}


def body_of(result: ExecutionResult) -> object:
    """Return a result as it is sent. What was not run has no data, not even null."""
    if isinstance(result, SharedResult):
        return orjson.Fragment(result.text)
    body: dict[str, object] = {} if was_not_run(result) else {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def was_not_run(result: ExecutionResult) -> bool:
    """Tell whether an operation failed as a whole: before a field was asked, or by running out."""
    return (
        result.data is None
        and bool(result.errors)
        and all(error.path is None for error in result.errors or ())
    )


def answer(result: ExecutionResult, media_type: str, request_id: str) -> Response:
    """Make the answer to an operation."""
    status = _status_of(result, media_type)
    headers = headers_of(request_id)
    if status == 503:  # noqa: PLR2004
        headers["Retry-After"] = RETRY_AFTER
    elif status == 429:  # noqa: PLR2004
        headers["Retry-After"] = _retry_after(result)
    return _json_response(body_of(result), status, media_type, headers)


def tagged_answer(
    result: ExecutionResult, media_type: str, request_id: str, *, held: Sequence[str]
) -> Response:
    """Make the answer to a query that succeeded, for a client that may have it already.

    ``held`` are the `If-None-Match` headers of the request.
    """
    body = orjson.dumps(body_of(result))
    tag = entity_tag(media_type, body)
    headers = [*_TAGGED, (b"x-request-id", request_id.encode()), (b"etag", tag.encode())]
    if is_held(tag, held):
        return _Written(b"", 304, headers)
    headers += [
        (b"content-length", str(len(body)).encode()),
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
    ]
    return _Written(body, 200, headers)


class _Written(Response):
    """An answer whose headers are as they are sent."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.body, self.status_code, self.raw_headers = body, status, headers
        self.background = None


def refusal(refused: Refused, media_type: str, request_id: str) -> Response:
    """Make the answer to a request that is not run."""
    error = {
        "message": refused.message,
        "extensions": {"code": refused.code, "requestId": request_id},
    }
    headers = {**headers_of(request_id), **refused.headers}
    return _json_response({"errors": [error]}, refused.status, media_type, headers)


def _status_of(result: ExecutionResult, media_type: str) -> int:
    if not was_not_run(result):
        return 200
    for error in result.errors or ():
        status = _STATUSES.get(str((error.extensions or {}).get("code")))
        if status is not None:
            return status
    # Clients of application/json take any other status for a failure of the network.
    return 400 if media_type == GRAPHQL_RESPONSE else 200


def _retry_after(result: ExecutionResult) -> str:
    told = [(error.extensions or {}).get("retryAfter") for error in result.errors or ()]
    return next((str(seconds) for seconds in told if seconds is not None), RETRY_AFTER)


def _json_response(
    body: object, status: int, media_type: str, headers: Mapping[str, str]
) -> Response:
    content_type = f"{media_type}; charset=utf-8"
    return Response(orjson.dumps(body), status, {**headers, "Content-Type": content_type})
