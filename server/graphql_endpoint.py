"""GraphQL over HTTP."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL, HTTPException  # type: ignore[attr-defined]

from resolvers.context import Context
from schema import schema
from server.auth import Authenticator, InvalidToken

_BAD_REQUEST: Final[tuple[str, Mapping[str, str]]] = ("BAD_REQUEST", {})
_REFUSALS: Final[Mapping[int, tuple[str, Mapping[str, str]]]] = {
    405: ("METHOD_NOT_ALLOWED", {"Allow": "GET, POST"}),
    415: ("UNSUPPORTED_MEDIA_TYPE", {}),
}


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class GraphQLEndpoint(GraphQL[Context, None]):
    """Strawberry's endpoint, with viewers of ours and without a page of its own."""

    def __init__(
        self,
        authenticator: Authenticator,
        *,
        freeze_after: timedelta | None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._authenticator = authenticator
        self._freeze_after = freeze_after
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Strawberry's own answers to malformed requests are plain text.
        request = Request(scope, receive)
        try:
            _require_json(request)
            response = await self.run(request)
        except InvalidToken as error:
            challenge = {"WWW-Authenticate": 'Bearer realm="coursegrade"'}
            response = _refusal(401, "UNAUTHENTICATED", str(error), challenge)
        except HTTPException as error:
            code, headers = _REFUSALS.get(error.status_code, _BAD_REQUEST)
            response = _refusal(error.status_code, code, error.reason, headers)
        await response(scope, receive, send)

    def decode_json(self, data: str | bytes) -> object:
        # Stricter than Python's own: no NaN, no half characters, no endless nesting.
        document = orjson.loads(data)
        if not isinstance(document, dict | list | None):
            raise HTTPException(400, "The request must be a JSON object.")
        return document or {}

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        return Context(
            viewer=self._authenticator.viewer_of(request.headers.get("authorization")),
            now=self._now,
            freeze_after=self._freeze_after,
        )


def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method == "POST" and media_type != "application/json":
        raise HTTPException(415, "Send the request as application/json.")


def _refusal(status_code: int, code: str, message: str, headers: Mapping[str, str]) -> JSONResponse:
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status_code, headers)
