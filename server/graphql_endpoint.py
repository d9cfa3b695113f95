"""GraphQL at one address: over HTTP and WebSockets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from resolvers.access import ANONYMOUS
from resolvers.context import EXPORTS_KEPT, Context, new_id
from resolvers.webhook_targets import NO_TARGETS, WebhookTargets
from schema import schema
from schema.time_limit import limit_executions
from server.answers import refusal, request_id_of
from server.auth import Authenticator, Identity
from server.document_rules import DocumentRules
from server.drain import Drain
from server.http_endpoint import HttpEndpoint, HttpLimits
from server.negotiation import JSON
from server.observation import Observer
from server.open_sockets import OpenSockets
from server.refusals import Refused
from server.socket_adapter import SocketAdapter
from server.socket_limits import SocketLimits
from server.websocket import SocketHandler


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class GraphQLEndpoint(GraphQL[Context, None]):
    """Strawberry's endpoint for sockets, and beside it one of ours for HTTP."""

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        authenticator: Authenticator,
        *,
        freeze_after: timedelta | None,
        frozen_for_services: bool = True,
        exports_kept: timedelta = EXPORTS_KEPT,
        drain: Drain,
        rules: DocumentRules,
        http_limits: HttpLimits,
        operation_timeout: float,
        socket_limits: SocketLimits,
        observer: Observer,
        webhook_targets: WebhookTargets = NO_TARGETS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=socket_limits.greeting,
            allowed_origins=socket_limits.origins,
        )
        self.socket_limits = socket_limits
        self.documents = rules.documents
        self._rules = rules
        self.observer = observer
        self._sockets = OpenSockets(socket_limits)
        self._authenticator = authenticator
        self._operation_timeout = operation_timeout
        self._circumstances = Context(
            ANONYMOUS,
            now,
            freeze_after=freeze_after,
            frozen_for_services=frozen_for_services,
            webhook_targets=webhook_targets,
            exports_kept=exports_kept,
        )
        self._http = HttpEndpoint(
            authenticator,
            self.context_of,
            limits=http_limits,
            documents=rules.documents,
            drain=drain,
            observer=observer,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit_executions(self._operation_timeout)
        self._rules.enforce_on(scope)
        if scope["type"] == "websocket":
            await self._serve_socket(WebSocket(scope, receive, send))
        else:
            await self._http(scope, receive, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        # Nobody has said who they are: `admit` replaces it when they do.
        return self.context_of(request, Identity(ANONYMOUS), new_id())

    async def admit(
        self, connection: HTTPConnection, authorization: str | None
    ) -> tuple[Context, float | None]:
        """Return the circumstances of who opens a socket, and for how many seconds they hold.

        :raises InvalidToken: if the token does not hold.
        """
        identity = await self._authenticator.identify(authorization)
        return self.context_of(
            connection, identity, request_id_of(connection)
        ), identity.seconds_left()

    async def _serve_socket(self, socket: WebSocket) -> None:
        try:
            with self._sockets.seat(socket.client.host if socket.client else "") as seat:
                socket.state.seat = seat
                await self.run(socket)
        except Refused as refused:
            await socket.send_denial_response(refusal(refused, JSON, new_id()))

    def context_of(
        self, connection: HTTPConnection, identity: Identity, request_id: str
    ) -> Context:
        """Return the circumstances of who sends a request or a message."""
        events = connection.scope.get("state", {}).get("events")
        return self._circumstances.of_request(identity.viewer, request_id, events)
