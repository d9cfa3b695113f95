"""What clients and the log are told of errors."""

import logging

from graphql import GraphQLError, GraphQLSyntaxError

from grading import GradingError
from resolvers.outages import Outage, outage_of
from schema.time_limit import TooSlow

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
        code, message = _trouble(cause) or ("INTERNAL_ERROR", BUG_MESSAGE)
        return _with(error, message, {"code": code, "requestId": request_id})
    if "code" in (error.extensions or {}):
        return error
    code = (
        "GRAPHQL_PARSE_FAILED"
        if isinstance(error, GraphQLSyntaxError)
        else "GRAPHQL_VALIDATION_FAILED"
    )
    return _with(error, error.message, {**(error.extensions or {}), "code": code})


def log(error: GraphQLError, request_id: str) -> None:
    """Log a trouble that passes in a line, a bug with its traceback.

    A refusal is in the line of its operation; where it happened is told at DEBUG.
    """
    cause = cause_of(error)
    if cause is None or isinstance(cause, GradingError):
        code = getattr(cause, "code", "GRAPHQL_REQUEST")
        logger.debug("refused %s at %s, request %s", code, error.path, request_id)
    elif trouble := _trouble(cause):
        why = " ".join(str(cause).split())
        logger.warning("%s at %s, request %s: %s", trouble.code, error.path, request_id, why)
    else:
        logger.error("bug at %s, request %s", error.path, request_id, exc_info=cause)


def _trouble(cause: Exception) -> Outage | None:
    if isinstance(cause, TooSlow):
        advice = "Ask for less; whether a change was made, look before you send it again."
        return Outage("TIMEOUT", f"{cause} {advice}")
    return outage_of(cause)


def _with(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
