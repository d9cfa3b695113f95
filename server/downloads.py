"""Downloads: files of exported grades, for who may see those grades when they come for them."""

from collections.abc import Callable
from typing import Final

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from db.errors import DBConnectionError, OperationalError
from grading import GradingError
from resolvers.context import Context
from resolvers.grade_exports import open_file
from server.answers import headers_of, refusal, request_id_of
from server.auth import Authenticator, Identity, InvalidToken
from server.negotiation import JSON
from server.refusals import RETRY_AFTER, Refused

_STATUSES: Final = {"EXPORT_NOT_READY": 409, "EXPORT_EXPIRED": 410}
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="coursegrade"'}
_MOST: Final = 2**63 - 1

ContextOf = Callable[[HTTPConnection, Identity, str], Context]


def download_route(authenticator: Authenticator, context_of: ContextOf) -> Route:
    """Return the route of exported files, by their job's number."""

    async def download(request: Request) -> Response:
        request_id = request_id_of(request)
        try:
            return await _file(request, authenticator, context_of, request_id)
        except Refused as refused:
            return refusal(refused, JSON, request_id)

    return Route("/exports/{job:int}", download, methods=["GET"])


async def _file(
    request: Request, authenticator: Authenticator, context_of: ContextOf, request_id: str
) -> Response:
    try:
        identity = await authenticator.identify(request.headers.get("authorization"))
        context = await context_of(request, identity, request_id).for_operation()
        # No job has a greater number than the database can say.
        file = await open_file(context, min(request.path_params["job"], _MOST))
    except InvalidToken as error:
        raise Refused(401, "UNAUTHENTICATED", str(error), _CHALLENGE) from error
    except GradingError as error:
        raise Refused(_STATUSES.get(error.code, 404), error.code, error.message) from error
    except (DBConnectionError, OperationalError) as error:
        unavailable = "The database cannot be reached; try again."
        later = {"Retry-After": RETRY_AFTER}
        raise Refused(503, "SERVICE_UNAVAILABLE", unavailable, later) from error
    headers = {
        **headers_of(request_id),
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Content-Type": file.media_type,
    }
    return StreamingResponse(file.chunks, headers=headers)
