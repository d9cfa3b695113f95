"""Messages of graphql-transport-ws: what clients send is checked before anything is done."""

from collections.abc import Callable, Mapping
from typing import Any, Final


class BadMessage(Exception):
    """A message that the protocol does not know. Its text goes into the closing frame."""


Check = Callable[[object], bool]


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _object_or_nothing(value: object) -> bool:
    return value is None or isinstance(value, dict)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _text_or_nothing(value: object) -> bool:
    return value is None or isinstance(value, str)


def _name(value: object) -> bool:
    return isinstance(value, str) and value != ""


_FIELDS: Final[Mapping[str, Mapping[str, Check]]] = {
    "connection_init": {"payload": _object_or_nothing},
    "ping": {"payload": _object_or_nothing},
    "pong": {"payload": _object_or_nothing},
    "subscribe": {"id": _name, "payload": _object},
    "complete": {"id": _name},
}
_REQUEST: Final[Mapping[str, Check]] = {
    "query": _text_or_nothing,
    "documentId": _text_or_nothing,
    "operationName": _text_or_nothing,
    "variables": _object_or_nothing,
    "extensions": _object_or_nothing,
}


def check_message(message: object) -> dict[str, Any]:
    """Return a message that has the form the protocol asks for.

    :raises BadMessage: with what is wrong, in fewer than 123 bytes.
    """
    if not isinstance(message, dict):
        raise BadMessage("A message must be an object")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise BadMessage("Unknown message type")
    _check(message, _FIELDS[kind], f"{kind}: ")
    if kind == "subscribe":
        payload = message["payload"]
        _check(payload, _REQUEST, "subscribe: payload.")
        if not _means_a_document(payload):
            raise BadMessage("subscribe: payload.query is missing or of a wrong kind")
    return message


def _means_a_document(payload: Mapping[str, Any]) -> bool:
    if payload.get("query") is not None or payload.get("documentId") is not None:
        return True
    return "persistedQuery" in (payload.get("extensions") or {})


def _check(fields: Mapping[str, object], checks: Mapping[str, Check], where: str) -> None:
    for name, holds in checks.items():
        if not holds(fields.get(name)):
            raise BadMessage(f"{where}{name} is missing or of a wrong kind")
