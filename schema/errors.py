"""What clients and the log are told of errors."""

import logging

from graphql import GraphQLError, GraphQLSyntaxError

from grading import GradingError

logger = logging.getLogger(__name__)

BUG_MESSAGE = "Something went wrong on our side. Tell the operator the request id."


def cause_of(error: GraphQLError) -> Exception | None:
    """Return the exception that an error wraps, None where the client itself is at fault."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def told_to_clients(error: GraphQLError, request_id: str) -> GraphQLError:
    """Return an error with ``extensions.code``; of a bug nothing but the request id."""
    cause = cause_of(error)
    if isinstance(cause, GradingError):
        return _with(error, cause.message, {"code": cause.code})
    if cause is not None:
        return _with(error, BUG_MESSAGE, {"code": "INTERNAL_ERROR", "requestId": request_id})
    if "code" in (error.extensions or {}):
        return error
    code = (
        "GRAPHQL_PARSE_FAILED"
        if isinstance(error, GraphQLSyntaxError)
        else "GRAPHQL_VALIDATION_FAILED"
    )
    return _with(error, error.message, {**(error.extensions or {}), "code": code})


def log(error: GraphQLError, request_id: str) -> None:
    """Log a refusal in a line, a bug with its traceback."""
    cause = cause_of(error)
    if cause is None or isinstance(cause, GradingError):
        code = getattr(cause, "code", "GRAPHQL_REQUEST")
        logger.info("refused %s at %s, request %s", code, error.path, request_id)
    else:
        logger.error("bug at %s, request %s", error.path, request_id, exc_info=cause)


def _with(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
