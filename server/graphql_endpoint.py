"""GraphQL over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from resolvers.context import Context
from schema import schema
from server.auth import Authenticator, InvalidToken


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
        try:
            await super().__call__(scope, receive, send)
        except InvalidToken as error:
            await _unauthenticated(error)(scope, receive, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        return Context(
            viewer=self._authenticator.viewer_of(request.headers.get("authorization")),
            now=self._now,
            freeze_after=self._freeze_after,
        )


def _unauthenticated(error: InvalidToken) -> JSONResponse:
    body = {"errors": [{"message": str(error), "extensions": {"code": "UNAUTHENTICATED"}}]}
    return JSONResponse(
        body, status_code=401, headers={"WWW-Authenticate": 'Bearer realm="coursegrade"'}
    )
