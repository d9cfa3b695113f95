"""GraphQL over HTTP and WebSockets."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import orjson
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL, HTTPException  # type: ignore[attr-defined]
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.async_base_view import (  # type: ignore[attr-defined]
    AsyncHTTPRequestAdapter,
)
from strawberry.http.streaming import HTTPStreamTransport, MultipartSubscriptionTransport
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
from strawberry.types import ExecutionResult, SubscriptionExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.access import ANONYMOUS
from resolvers.context import Context
from resolvers.webhook_targets import NO_TARGETS, WebhookTargets
from schema import schema
from schema.live import SharedResult
from server.auth import Authenticator, Identity, InvalidToken
from server.drain import Drain
from server.streaming import (
    ClosedStreamingResponse,
    LineFeedSSETransport,
    chunks,
    preferred_transport,
)
from server.websocket import SocketAdapter, SocketHandler

INIT_TIMEOUT = timedelta(seconds=10)
_ANOTHER_WAY: Final = (
    "A subscription needs a WebSocket (graphql-transport-ws), or a request that accepts "
    "text/event-stream."
)
_BAD_REQUEST: Final[tuple[str, Mapping[str, str]]] = ("BAD_REQUEST", {})
_REFUSALS: Final[Mapping[int, tuple[str, Mapping[str, str]]]] = {
    405: ("METHOD_NOT_ALLOWED", {"Allow": "GET, POST"}),
    415: ("UNSUPPORTED_MEDIA_TYPE", {}),
}


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class GraphQLEndpoint(GraphQL[Context, None]):
    """Strawberry's endpoint, with viewers and streams of ours and without a page of its own."""

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(  # noqa: PLR0913 - what the settings say
        self,
        authenticator: Authenticator,
        *,
        freeze_after: timedelta | None,
        drain: Drain,
        socket_subscriptions: int,
        webhook_targets: WebhookTargets = NO_TARGETS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(
                GRAPHQL_TRANSPORT_WS_PROTOCOL,
                GRAPHQL_SSE_PROTOCOL,
                MULTIPART_SUBSCRIPTION_PROTOCOL,
            ),
            connection_init_wait_timeout=INIT_TIMEOUT,
            max_subscriptions_per_connection=socket_subscriptions,
        )
        self.stream_transport_classes_by_protocol = {
            MULTIPART_SUBSCRIPTION_PROTOCOL: MultipartSubscriptionTransport,
            GRAPHQL_SSE_PROTOCOL: LineFeedSSETransport,
        }
        self._authenticator = authenticator
        self._freeze_after = freeze_after
        self._webhook_targets = webhook_targets
        self._drain = drain
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
            return
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

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        if isinstance(request, WebSocket):
            # Nobody has said who they are: `admit` replaces it when they do.
            return self._context(request, Identity(ANONYMOUS))
        identity = self._authenticator.identify(request.headers.get("authorization"))
        request.state.identity = identity
        return self._context(request, identity)

    def admit(
        self, connection: HTTPConnection, authorization: str | None
    ) -> tuple[Context, float | None]:
        """Return the circumstances of who opens a socket, and for how many seconds they hold.

        :raises InvalidToken: if the token does not hold.
        """
        identity = self._authenticator.identify(authorization)
        return self._context(connection, identity), identity.seconds_left()

    def decode_json(self, data: str | bytes) -> object:
        # Stricter than Python's own: no NaN, no half characters, no endless nesting.
        document = orjson.loads(data)
        if not isinstance(document, dict | list | None):
            raise HTTPException(400, "The request must be a JSON object.")
        return document or {}

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def execute_operation(  # noqa: PLR0913, PLR0917 - as Strawberry calls it
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData | list[GraphQLRequestData],
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult | list[ExecutionResult] | SubscriptionExecutionResult:
        if isinstance(request_data, GraphQLRequestData):
            name = request_data.operation_name
            if not isinstance(name, str | None):
                raise HTTPException(400, "The operationName must be a string.")
            if request_data.protocol == "http" and schema.is_subscription(
                request_data.query or "", name
            ):
                raise HTTPException(400, _ANOTHER_WAY)
        return await super().execute_operation(
            request, request_adapter, request_data, context, root_value, sub_response
        )

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        if isinstance(result, SharedResult):
            return cast(GraphQLHTTPResponse, orjson.Fragment(result.text))
        response = await super().process_result(request, result)
        if isinstance(result, PreExecutionError):
            response.pop("data", None)
        return response

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        return ClosedStreamingResponse(stream(), headers={**sub_response.headers, **headers})

    def _context(self, connection: HTTPConnection, identity: Identity) -> Context:
        return Context(
            viewer=identity.viewer,
            claimed=identity.viewer,
            now=self._now,
            freeze_after=self._freeze_after,
            webhook_targets=self._webhook_targets,
            events=getattr(connection.state, "events", None),
        )

    def _get_stream_transport_from_headers(
        self, headers: Mapping[str, str]
    ) -> HTTPStreamTransport | None:
        return preferred_transport(headers.get("accept", ""), self._stream_transport_map.values())

    def _stream_result(
        self,
        request: Request,
        result: SubscriptionExecutionResult,
        transport: HTTPStreamTransport,
    ) -> Callable[[], AsyncGenerator[str, None]]:
        results = cast(AsyncGenerator[ExecutionResult, None], result)

        async def messages() -> AsyncGenerator[str, None]:
            async with aclosing(results):
                async for one in results:
                    response = await self.process_result(request, one)
                    yield transport.encode_next(response, self.encode_json_string)

        identity: Identity = request.state.identity
        return lambda: chunks(
            messages(),
            transport,
            transport.heartbeat_message(self.encode_json_string),
            drain=self._drain,
            lifetime=identity.seconds_left(),
        )


def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method == "POST" and media_type != "application/json":
        raise HTTPException(415, "Send the request as application/json.")


def _refusal(status_code: int, code: str, message: str, headers: Mapping[str, str]) -> JSONResponse:
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status_code, headers)
