"""The record of one operation: what is logged, counted and traced when it ends."""

from collections.abc import Mapping
from hashlib import blake2b, sha256
from time import perf_counter
from typing import Final

from resolvers.access import Viewer
from schema.operation_notes import OperationNotes, Outcome

LONGEST_NAME: Final = 100  # characters
_KNOWN_AT_MOST: Final = 10_000  # viewers
# What a client has to write in another way; the other refusals are ours.
_REQUEST_ERRORS: Final = frozenset({200, 400, 404, 405, 406, 415})
_BUG: Final = 500
_STREAMS: Final = {"text/event-stream": "sse", "multipart/mixed": "multipart"}


class OperationRecord(OperationNotes):
    """One operation and the way it came; times are in seconds."""

    __slots__ = ("_began", "follows", "request_id", "seconds", "trace_id", "transport")

    def __init__(self, request_id: str, transport: str) -> None:
        super().__init__()
        self.request_id = request_id
        self.transport = transport
        self.trace_id: str | None = None
        self.seconds = 0.0
        self.follows = False
        self._began = perf_counter()

    def refuse(self, status: int, code: str) -> None:
        """Note that it is not run, with the HTTP status and the code that the client is told."""
        self.codes[code] += 1
        if status in _REQUEST_ERRORS:
            self.worsen(Outcome.REQUEST_ERROR)
        else:
            self.worsen(Outcome.INTERNAL if status == _BUG else Outcome.REFUSED)

    def is_sent_as(self, content_type: str) -> None:
        """Note which kind of stream the answer is, if it is one."""
        self.transport = _STREAMS.get(content_type.partition(";")[0], self.transport)

    def end(self) -> None:
        """Note that it is over."""
        self.seconds = perf_counter() - self._began

    @property
    def type(self) -> str:
        """Whether it asked, changed or followed; "unknown" if nobody can tell."""
        return self.kind or "unknown"

    @property
    def trusted_name(self) -> str:
        """The name of an operation of the operator's own; others would be without number."""
        return (self.name or "") if self.trusted else ""

    @property
    def document_hash(self) -> str | None:
        """The document's SHA-256, as trusted documents are known by."""
        return None if self.document is None else sha256(self.document.encode()).hexdigest()


class Pseudonyms:
    """Names for viewers that only the operator can lead back to them."""

    def __init__(self, secret: str | None) -> None:
        self._key = blake2b((secret or "").encode(), digest_size=32).digest()
        self._known: dict[str, str] = {}

    def of(self, viewer: Viewer | None) -> str | None:
        """Return a viewer's pseudonym, the same in every process that has the secret."""
        if viewer is None:
            return None
        if viewer.name not in self._known:
            if len(self._known) >= _KNOWN_AT_MOST:
                self._known.clear()
            digest = blake2b(viewer.name.encode(), key=self._key, digest_size=8)
            self._known[viewer.name] = digest.hexdigest()
        return self._known[viewer.name]


def fields(record: OperationRecord, pseudonyms: Pseudonyms) -> Mapping[str, object]:
    """Return what the log says of an operation; what is not known is left out."""
    told = {
        "request_id": record.request_id,
        "trace_id": record.trace_id,
        "transport": record.transport,
        "viewer": pseudonyms.of(record.viewer),
        "operation_type": record.kind,
        "operation_name": record.name and record.name[:LONGEST_NAME],
        "document_sha256": record.document_hash,
        "cost": record.cost,
        "events": record.results if record.kind == "subscription" else None,
        "duration_ms": round(record.seconds * 1000, 3),
        "outcome": record.outcome.value,
        "error_codes": sorted(record.codes) or None,
    }
    return {name: value for name, value in told.items() if value is not None}
