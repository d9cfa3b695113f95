"""GraphQL over WebSockets: the protocol graphql-transport-ws, and no other."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, aclosing, suppress
from dataclasses import replace
from functools import cached_property
from itertools import count
from typing import Any, Final, Protocol, cast

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.context import Context
from schema.errors import log, told_to_clients
from schema.live import SharedResult
from schema.served_schema import ServedSchema
from server.auth import InvalidToken, authorization_in
from server.observation import Observer
from server.open_sockets import Seat, TooManySockets
from server.operation_record import OperationRecord
from server.persisted_documents import PersistedDocuments
from server.refusals import Refused
from server.socket_adapter import SocketAdapter
from server.socket_limits import RATE_OVER, Allowance, SocketLimits
from server.socket_messages import BadMessage, check_message
from server.socket_outlet import SocketOutlet

# Clients come back after it, later and with a new token; after all others they give up.
FORBIDDEN: Final = 4403
INVALID: Final = 4400
UNAUTHORIZED: Final = 4401
ALREADY_SUBSCRIBED: Final = 4409
TOO_MANY_INITIALISATIONS: Final = 4429


class Admission(Protocol):
    """How a socket learns who is at its other end, and what is granted to it."""

    documents: PersistedDocuments
    socket_limits: SocketLimits
    observer: Observer

    async def admit(
        self, connection: HTTPConnection, authorization: str | None
    ) -> tuple[Context, float | None]:
        """Return the viewer's circumstances, and for how many seconds they hold; None for ever.

        :raises InvalidToken: if the token does not hold.
        """
        ...


class SocketOperation(Operation[Context, None]):
    """An operation on a socket."""

    __slots__ = ("document_id", "extensions")

    def __init__(self, handler: "SocketHandler", id: str, payload: Mapping[str, Any]) -> None:
        super().__init__(
            handler,
            id,
            payload.get("query") or "",
            payload.get("variables"),
            payload.get("operationName"),
        )
        self.extensions: dict[str, Any] | None = payload.get("extensions")
        self.document_id: str | None = payload.get("documentId")


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket. What fails in an operation ends that operation alone."""

    websocket: SocketAdapter
    _expiry: asyncio.Task[None] | None = None

    @cached_property
    def _numbers(self) -> Iterator[int]:
        return count(1)

    @cached_property
    def _limits(self) -> SocketLimits:
        return cast(Admission, self.view).socket_limits

    @cached_property
    def _messages(self) -> Allowance:
        rate = self._limits.message_rate
        return Allowance(rate, max(rate * RATE_OVER, 1.0))

    async def shutdown(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        await super().shutdown()

    async def handle_message(self, message: object) -> None:
        if not self._messages.spend(asyncio.get_running_loop().time()):
            rate = self._limits.message_rate
            await self.websocket.close(INVALID, f"Too many messages: {rate:g} a second are granted")
            return
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
            cast(Seat, socket.state.seat).give_to(self.context.viewer, self._limits.user)
        except InvalidToken:
            await self.websocket.close(FORBIDDEN, "Forbidden")
            return
        except TooManySockets as error:
            await self.websocket.close(FORBIDDEN, str(error))
            return
        if lifetime is None:
            end = self._close_after(self._limits.lifetime, "Open for too long: open another")
        else:
            end = self._close_after(lifetime, "Token expired")
        self._expiry = asyncio.create_task(end)
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
        limit = self._limits.operations
        if len(self.operations) >= limit:
            refusal = GraphQLError(
                f"A socket may have {limit} operations open: complete one, or open another socket.",
                extensions={"code": "TOO_MANY_SUBSCRIPTIONS"},
            )
            with self._record() as record:
                record.refuse(429, "TOO_MANY_SUBSCRIPTIONS")
            await self.send_message(
                {"id": operation_id, "type": "error", "payload": [refusal.formatted]}
            )
            return
        operation = SocketOperation(self, operation_id, message["payload"])
        self.operations[operation_id] = operation
        operation.task = asyncio.create_task(self.run_operation(operation))
        operation.task.add_done_callback(self._task_done)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        with self._record() as record:
            context = replace(self.context, request_id=record.request_id)
            try:
                await self._run(cast(SocketOperation, operation), context, record)
            except WebSocketDisconnected:
                pass
            except Refused as refused:
                record.refuse(refused.status, refused.code)
                error = GraphQLError(refused.message, extensions={"code": refused.code})
                with suppress(WebSocketDisconnected):
                    await operation.send_initial_errors([error])
            except Exception as error:  # noqa: BLE001 - a bug of ours ends this operation alone
                wrapped = GraphQLError(str(error), original_error=error)
                log(wrapped, context.request_id)
                told = told_to_clients(wrapped, context.request_id)
                record.refuse(500, str((told.extensions or {})["code"]))
                with suppress(WebSocketDisconnected):
                    await operation.send_initial_errors([told])

    async def cleanup_operation(self, operation_id: str) -> None:
        if operation := self.operations.get(operation_id):
            operation.completed = True  # at once: its task ends a little later
        await super().cleanup_operation(operation_id)

    def _record(self) -> AbstractContextManager[OperationRecord]:
        # All operations of a socket have its id in common.
        request_id = f"{self.context.request_id}-{next(self._numbers)}"
        observer = cast(Admission, self.view).observer
        return observer.operation(request_id, "websocket", self.websocket.ws.headers)

    async def _run(
        self, operation: SocketOperation, context: Context, record: OperationRecord
    ) -> None:
        documents = cast(Admission, self.view).documents
        outlet = SocketOutlet(self.websocket.ws.scope, record, operation)
        results = await cast(ServedSchema, self.schema).stream(
            documents.text_of(operation.query, operation.document_id, operation.extensions),
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            operation_extensions=operation.extensions,
            offer=outlet.offer,
        )
        async with aclosing(cast(Any, results)) as answers:
            async for result in answers:
                if _ends_the_operation(result):
                    await operation.send_initial_errors(result.errors)
                    return
                if isinstance(result, SharedResult):
                    await self.websocket.send_text(outlet.message(result))
                else:
                    await operation.send_next(result)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _close_after(self, seconds: float, reason: str) -> None:
        await asyncio.sleep(seconds)
        await self.websocket.close(FORBIDDEN, reason)


def _ends_the_operation(result: ExecutionResult) -> bool:
    """Tell whether the operation was not run at all, or cannot go on."""
    if isinstance(result, PreExecutionError):
        return True
    return (
        result.data is None
        and bool(result.errors)
        and all(error.path is None for error in result.errors or ())
    )
