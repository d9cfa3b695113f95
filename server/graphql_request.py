"""What a client asks for: the document, its variables and the like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from server.refusals import bad_request

MAX_NESTING: Final = 100  # lists and objects within each other


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A well-formed request. Without a query it may name a document that the server keeps."""

    query: str | None
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any] | None
    document_id: str | None = None


def request_in_body(body: bytes) -> GraphQLRequest:
    """Read the request in a JSON document.

    :raises Refused: if it is malformed.
    """
    parameters = _json(body, "body")
    if isinstance(parameters, list):
        raise bad_request("Several operations in a request are not taken: send one.")
    if not isinstance(parameters, dict):
        raise bad_request("The request must be a JSON object.")
    return _request(parameters)


def request_in_address(parameters: Mapping[str, str]) -> GraphQLRequest:
    """Read the request in the parameters of an address.

    :raises Refused: if it is malformed.
    """
    read: dict[str, object] = dict(parameters)
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        read[name] = _json(text.encode(), name) if text else None
    return _request(read)


def _request(parameters: Mapping[str, Any]) -> GraphQLRequest:
    for name in ("query", "operationName", "documentId"):
        if not isinstance(parameters.get(name), str | None):
            raise bad_request(f"The {name} must be text.")
    for name in ("variables", "extensions"):
        if not isinstance(parameters.get(name), dict | None):
            raise bad_request(f"The {name} must be a JSON object.")
    return GraphQLRequest(
        query=parameters.get("query"),
        operation_name=parameters.get("operationName") or None,
        variables=parameters.get("variables"),
        extensions=parameters.get("extensions"),
        document_id=parameters.get("documentId"),
    )


def _json(text: bytes, what: str) -> object:
    # Stricter than Python's own: no NaN, no half characters.
    try:
        document: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The {what} cannot be read as JSON in UTF-8.") from error
    if text.count(b"[") + text.count(b"{") > MAX_NESTING and _nesting(document) > MAX_NESTING:
        raise bad_request(f"There are more than {MAX_NESTING} levels of nesting in the {what}.")
    return document


def _nesting(document: object) -> int:
    """Return how deep it is, without going deep."""
    depth = 0
    level = [document]
    while level := [each for each in level if isinstance(each, list | dict)]:
        depth += 1
        level = [
            inner for each in level for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return depth
