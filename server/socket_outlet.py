"""What many subscribers are sent, written to each socket as it is."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import orjson
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation

from schema.live import SharedResult
from schema.operation_notes import OperationNotes

# An extension of ASGI by our own WebSocket protocol. Where a server does not have it, messages are
# sent as ASGI sends them.
EXTENSION: Final = "coursegrade.ready_messages"

WriteText: TypeAlias = Callable[[bytes, bytes, bytes], bool]


class SocketOutlet:
    """Sends the results of one operation, which others are sent too, while its socket has room."""

    __slots__ = ("_before", "_notes", "_operation", "_write")

    def __init__(
        self,
        scope: Mapping[str, Any],
        notes: OperationNotes,
        operation: Operation[Any, Any],
    ) -> None:
        self._before = b'{"id":%b,"type":"next","payload":' % orjson.dumps(operation.id)
        extension = scope.get("extensions", {}).get(EXTENSION, {})
        self._write: WriteText | None = extension.get("write_text")
        self._notes = notes
        self._operation = operation

    def offer(self, result: SharedResult) -> bool:
        """Send a result if nobody has to wait for that; tell whether it was sent."""
        if self._write is None or self._operation.completed:
            return False
        if not self._write(self._before, result.json, b"}"):
            return False
        self._notes.take(result)
        return True

    def message(self, result: SharedResult) -> str:
        """Return the message for a result."""
        return f"{self._before.decode()}{result.text}}}"
