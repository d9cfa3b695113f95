"""Bodies: read up to a size, and for no longer than a while."""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from server.refusals import Refused


async def read_body(request: Request, receive: Receive, *, max_size: int, patience: float) -> bytes:
    """Return the body; `max_size` is in bytes, `patience` in seconds.

    :raises Refused: if it is larger, or does not arrive in time.
    :raises ClientDisconnect: if the client leaves before it has sent it.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > max_size:
        raise _too_large(max_size)
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                body += message.get("body", b"")
                if len(body) > max_size:
                    raise _too_large(max_size)
                more = message.get("more_body", False)
    except TimeoutError as error:
        too_late = f"The body did not arrive within {patience:g} seconds."
        raise Refused(408, "REQUEST_TIMEOUT", too_late, {"Connection": "close"}) from error
    return bytes(body)


def _too_large(max_size: int) -> Refused:
    return Refused(413, "CONTENT_TOO_LARGE", f"A body may have {max_size} bytes.")
