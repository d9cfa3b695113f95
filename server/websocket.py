"""GraphQL over WebSockets: the protocol graphql-transport-ws, and no other."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any, Final, Protocol, cast

import orjson
from graphql import GraphQLError
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.context import Context
from schema.errors import log, told_to_clients
from schema.live import SharedResult
from server.auth import InvalidToken, authorization_in
from server.socket_messages import BadMessage, check_message

FORBIDDEN: Final = 4403  # clients come back after it, with a new token
INVALID: Final = 4400
UNAUTHORIZED: Final = 4401
ALREADY_SUBSCRIBED: Final = 4409
TOO_MANY_INITIALISATIONS: Final = 4429


class Admission(Protocol):
    """How a socket learns who is at its other end."""

    async def admit(
        self, connection: HTTPConnection, authorization: str | None
    ) -> tuple[Context, float | None]:
        """Return the viewer's circumstances, and for how many seconds they hold; None for ever.

        :raises InvalidToken: if the token does not hold.
        """
        ...


class SocketAdapter(ASGIWebSocketAdapter):
    """A socket that may close while something is sent."""

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        try:
            while self.ws.application_state is WebSocketState.CONNECTED:
                yield orjson.loads(await self.ws.receive_text())
        except orjson.JSONDecodeError as error:
            raise NonJsonMessageReceived from error
        except KeyError as error:
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            return

    async def send_text(self, text: str) -> None:
        """Send a message.

        :raises WebSocketDisconnected: if the socket is closed.
        """
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send_text(text)
        except (OSError, RuntimeError, WebSocketDisconnect) as error:
            raise WebSocketDisconnected from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        await self.send_text(_json(message))

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is WebSocketState.CONNECTED:
            with suppress(OSError, RuntimeError, WebSocketDisconnect):
                await self.ws.close(code=code, reason=reason)


class SocketOperation(Operation[Context, None]):
    """An operation on a socket."""

    __slots__ = ("extensions",)

    def __init__(self, handler: "SocketHandler", id: str, payload: Mapping[str, Any]) -> None:
        super().__init__(
            handler,
            id,
            payload["query"],
            payload.get("variables"),
            payload.get("operationName"),
        )
        self.extensions: dict[str, Any] | None = payload.get("extensions")


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket. What fails in an operation ends that operation alone."""

    websocket: SocketAdapter
    _expiry: asyncio.Task[None] | None = None

    async def shutdown(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        await super().shutdown()

    async def handle_message(self, message: object) -> None:
        try:
            checked = check_message(message)
        except BadMessage as error:
            await self.websocket.close(INVALID, str(error))
            return
        await super().handle_message(cast(Any, checked))

    async def handle_connection_init(self, message: Mapping[str, Any]) -> None:
        if self.connection_timed_out:
            return
        if self.connection_init_received:
            await self.websocket.close(TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
            return
        self.connection_init_received = True
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
        try:
            socket = self.websocket.ws
            told = authorization_in(message.get("payload"))
            authorization = told or socket.headers.get("authorization")
            admission = cast(Admission, self.view)
            self.context, lifetime = await admission.admit(socket, authorization)
        except InvalidToken:
            await self.websocket.close(FORBIDDEN, "Forbidden")
            return
        if lifetime is not None:
            self._expiry = asyncio.create_task(self._close_after(lifetime))
        await self.send_message({"type": "connection_ack"})
        self.connection_acknowledged = True

    async def handle_ping(self, message: Mapping[str, Any]) -> None:
        payload = message.get("payload")
        if payload is None:
            await self.send_message({"type": "pong"})
        else:
            await self.send_message({"type": "pong", "payload": payload})

    async def handle_subscribe(self, message: Mapping[str, Any]) -> None:
        if not self.connection_acknowledged:
            await self.websocket.close(UNAUTHORIZED, "Unauthorized")
            return
        operation_id = message["id"]
        if operation_id in self.operations:
            # The reason may have 123 bytes, and the id may have more.
            await self.websocket.close(
                ALREADY_SUBSCRIBED, f"Subscriber for {operation_id[:20]} already exists"
            )
            return
        limit = self.max_subscriptions_per_connection
        if limit is not None and len(self.operations) >= limit:
            refusal = GraphQLError(
                f"A socket may have {limit} operations open: complete one, or open another socket.",
                extensions={"code": "TOO_MANY_SUBSCRIPTIONS"},
            )
            await self.send_message(
                {"id": operation_id, "type": "error", "payload": [refusal.formatted]}
            )
            return
        operation = SocketOperation(self, operation_id, message["payload"])
        self.operations[operation_id] = operation
        operation.task = asyncio.create_task(self.run_operation(operation))
        operation.task.add_done_callback(self._task_done)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        try:
            await self._run(cast(SocketOperation, operation))
        except WebSocketDisconnected:
            pass
        except Exception as error:  # noqa: BLE001 - a bug of ours ends this operation alone
            wrapped = GraphQLError(str(error), original_error=error)
            log(wrapped, self.context.request_id)
            told = told_to_clients(wrapped, self.context.request_id)
            with suppress(WebSocketDisconnected):
                await operation.send_initial_errors([told])

    async def _run(self, operation: SocketOperation) -> None:
        results = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=self.context,
            operation_name=operation.operation_name,
            operation_extensions=operation.extensions,
        )
        prefix = f'{{"id":{_json(operation.id)},"type":"next","payload":'
        async with aclosing(cast(Any, results)) as answers:
            async for result in answers:
                if _ends_the_operation(result):
                    await operation.send_initial_errors(result.errors)
                    return
                if isinstance(result, SharedResult):
                    await self.websocket.send_text(f"{prefix}{result.text}}}")
                else:
                    await operation.send_next(result)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _close_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.websocket.close(FORBIDDEN, "Token expired")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _ends_the_operation(result: ExecutionResult) -> bool:
    """Tell whether the operation was not run at all, or cannot go on."""
    if isinstance(result, PreExecutionError):
        return True
    return (
        result.data is None
        and bool(result.errors)
        and all(error.path is None for error in result.errors or ())
    )
