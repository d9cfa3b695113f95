"""GraphQL over HTTP."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.http.streaming import HTTPStreamTransport, MultipartSubscriptionTransport
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema import schema
from schema.errors import BUG_MESSAGE
from schema.operation_notes import Outcome
from server.answers import answer, headers_of, refusal, request_id_of, tagged_answer
from server.auth import Authenticator, Identity, InvalidToken
from server.drain import Drain
from server.graphql_request import GraphQLRequest, request_in_address, request_in_body
from server.indexed_headers import IndexedRequest
from server.negotiation import JSON, Format, acceptable
from server.observation import Observer
from server.operation_record import OperationRecord
from server.persisted_documents import PersistedDocuments
from server.presence import Room, while_present
from server.refusals import Refused, bad_request
from server.request_body import read_body
from server.request_head import check_head, check_method
from server.settings import Settings
from server.streaming import (
    ClosedStreamingResponse,
    LineFeedSSETransport,
    chunks,
    messages,
    stream_of_one,
)

logger = logging.getLogger(__name__)

STREAMS: Final = (MultipartSubscriptionTransport(), LineFeedSSETransport())
_ANOTHER_WAY: Final = (
    "A subscription needs a WebSocket (graphql-transport-ws), or a request that accepts "
    "text/event-stream."
)
_WHICH: Final = "The document has several operations: send operationName with it."
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="coursegrade"'}


@dataclass(frozen=True)
class HttpLimits:
    """How much a request may be: sizes in bytes, times in seconds."""

    body: int
    address: int
    patience: float
    operations: int

    @classmethod
    def of(cls, settings: Settings) -> "HttpLimits":
        """Take the limits from the settings."""
        return cls(
            body=settings.max_body,
            address=settings.max_url,
            patience=settings.body_timeout,
            operations=settings.operations_in_flight,
        )


class HttpEndpoint:
    """Answers queries and mutations, and streams subscriptions."""

    def __init__(  # noqa: PLR0913
        self,
        authenticator: Authenticator,
        context_of: Callable[[HTTPConnection, Identity, str], Context],
        *,
        limits: HttpLimits,
        documents: PersistedDocuments,
        drain: Drain,
        observer: Observer,
    ) -> None:
        self._authenticator = authenticator
        self._context_of = context_of
        self._limits = limits
        self._documents = documents
        self._room = Room(limits.operations)
        self._drain = drain
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = IndexedRequest(scope)
        request_id = request_id_of(request)
        with self._observer.operation(request_id, "http", request.headers) as record:
            response = await self._observed(request, receive, request_id, record)
            if response is not None:
                record.is_sent_as(response.headers.get("content-type", ""))
                await response(scope, receive, send)

    async def _observed(
        self, request: Request, receive: Receive, request_id: str, record: OperationRecord
    ) -> Response | None:
        formats: Sequence[Format] = ()
        try:
            check_method(request)
            formats = _acceptable(", ".join(request.headers.getlist("accept")))
            check_head(request, max_url=self._limits.address)
            return await self._response(request, receive, formats, record)
        except ClientDisconnect:
            record.worsen(Outcome.CANCELLED)
            return None
        except Refused as refused:
            record.refuse(refused.status, refused.code)
            return refusal(refused, _json_type(formats), request_id)
        except Exception:
            logger.exception("bug outside of the operation, request %s", request_id)
            bug = Refused(500, "INTERNAL_ERROR", BUG_MESSAGE)
            record.refuse(bug.status, bug.code)
            return refusal(bug, _json_type(formats), request_id)

    async def _response(
        self,
        request: Request,
        receive: Receive,
        formats: Sequence[Format],
        record: OperationRecord,
    ) -> Response:
        identity = await self._identity(request)
        asked = self._with_document(await self._asked(request, receive))
        context = self._context_of(request, identity, record.request_id)
        if schema.is_subscription(asked.query or "", asked.operation_name):
            return await self._stream(asked, formats, context, identity)
        chosen = _first(formats, without=MultipartSubscriptionTransport)
        if chosen is None:
            message = f"Only subscriptions are answered in parts: accept {JSON} as well."
            raise Refused(406, "NOT_ACCEPTABLE", message)
        result = await self._result(
            request, receive, asked, context, written_at_once=isinstance(chosen, str)
        )
        if isinstance(chosen, HTTPStreamTransport):
            return stream_of_one(result, chosen, record.request_id)
        if record.kind == OperationType.QUERY.value and not result.errors:
            held = request.headers.getlist("if-none-match")
            return tagged_answer(result, chosen, record.request_id, held=held)
        return answer(result, chosen, record.request_id)

    async def _identity(self, request: Request) -> Identity:
        try:
            return await self._authenticator.identify(request.headers.get("authorization"))
        except InvalidToken as error:
            raise Refused(401, "UNAUTHENTICATED", str(error), _CHALLENGE) from error

    async def _asked(self, request: Request, receive: Receive) -> GraphQLRequest:
        if request.method == "GET":
            return request_in_address(request.query_params)
        body = await read_body(
            request, receive, max_size=self._limits.body, patience=self._limits.patience
        )
        return request_in_body(body)

    def _with_document(self, asked: GraphQLRequest) -> GraphQLRequest:
        found = self._documents.text_of(asked.query, asked.document_id, asked.extensions)
        return asked if found is asked.query else replace(asked, query=found)

    async def _result(
        self,
        request: Request,
        receive: Receive,
        asked: GraphQLRequest,
        context: Context,
        *,
        written_at_once: bool,
    ) -> ExecutionResult:
        changing = {OperationType.MUTATION} if request.method == "POST" else set()
        with self._room:
            executing = schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                operation_extensions=asked.extensions,
                allowed_operation_types={OperationType.QUERY, *changing},
                written_at_once=written_at_once,
            )
            try:
                return await while_present(receive, executing)
            except MissingQueryError as error:
                raise bad_request("Send the document as query.") from error
            except CannotGetOperationTypeError as error:
                raise bad_request(error.as_http_error_reason()) from error
            except InvalidOperationTypeError as error:
                if error.operation_type is OperationType.SUBSCRIPTION:
                    # It stands first among several, none of which was named.
                    raise bad_request(_WHICH) from error
                message = "A mutation is sent by POST."
                raise Refused(405, "METHOD_NOT_ALLOWED", message, {"Allow": "POST"}) from error

    async def _stream(
        self,
        asked: GraphQLRequest,
        formats: Sequence[Format],
        context: Context,
        identity: Identity,
    ) -> Response:
        transport = _first(formats, without=str)
        if not isinstance(transport, HTTPStreamTransport):
            raise bad_request(_ANOTHER_WAY)
        results = await schema.stream(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
            allowed_operation_types={OperationType.SUBSCRIPTION},
        )
        content = chunks(
            messages(results, transport),
            transport,
            drain=self._drain,
            lifetime=identity.seconds_left(),
        )
        headers = {**headers_of(context.request_id), **transport.headers}
        return ClosedStreamingResponse(content, headers=headers)


@lru_cache(maxsize=64)
def _acceptable(accept: str) -> tuple[Format, ...]:
    return tuple(acceptable(accept, STREAMS))


def _first(formats: Sequence[Format], *, without: type) -> Format | None:
    return next((each for each in formats if not isinstance(each, without)), None)


def _json_type(formats: Sequence[Format]) -> str:
    return next((each for each in formats if isinstance(each, str)), JSON)
