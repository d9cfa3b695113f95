"""What is noted of an operation while it runs, for whoever observes it from outside."""

from collections import Counter
from collections.abc import Iterable
from contextvars import ContextVar
from enum import StrEnum
from typing import Final

from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.access import Viewer


class Outcome(StrEnum):
    """How an operation went, from good to bad: of several results the worst counts."""

    OK = "ok"
    PARTIAL = "partial"
    CANCELLED = "cancelled"
    REQUEST_ERROR = "request_error"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


_ORDER: Final = list(Outcome)
# What a client has to write in another way; whatever else is not run at all was refused.
_REQUEST_ERRORS: Final = frozenset(
    {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "PERSISTED_QUERY_NOT_FOUND"}
)
_BUG: Final = "INTERNAL_ERROR"


class OperationNotes:
    """One operation. Nothing here is a variable, a learner's name or a grade.

    ``cost`` is what the limits found it to cost, None where nothing measured it. ``trusted`` says
    that its document is one of the operator's own. ``results`` counts what was sent of it.
    """

    __slots__ = (
        *("codes", "cost", "document", "kind", "name", "outcome", "results", "trusted", "viewer"),
    )

    def __init__(self) -> None:
        self.document: str | None = None
        self.kind: str | None = None
        self.name: str | None = None
        self.viewer: Viewer | None = None
        self.cost: int | None = None
        self.trusted = False
        self.outcome = Outcome.OK
        self.codes: Counter[str] = Counter()
        self.results = 0

    def ask(self, document: str | None, viewer: Viewer | None) -> None:
        """Note what is asked, and by whom."""
        self.document, self.viewer = document, viewer

    def know(self, kind: str, name: str | None) -> None:
        """Note what the document says of the operation."""
        self.kind, self.name = kind, name

    def take(self, result: ExecutionResult) -> None:
        """Note a result, with the errors that the client is told."""
        self.results += 1
        if result.errors:
            codes = [_code(error) for error in result.errors]
            self.codes.update(codes)
            self.worsen(_outcome(result, codes))

    def worsen(self, outcome: Outcome) -> None:
        """Note an outcome, unless there was a worse one."""
        self.outcome = max(self.outcome, outcome, key=_ORDER.index)


noted: ContextVar[OperationNotes | None] = ContextVar("noted", default=None)


def _code(error: GraphQLError) -> str:
    return str((error.extensions or {}).get("code", _BUG))


def _outcome(result: ExecutionResult, codes: Iterable[str]) -> Outcome:
    if _BUG in codes:
        return Outcome.INTERNAL
    if "TIMEOUT" in codes:
        return Outcome.TIMEOUT
    errors = result.errors or []
    not_run = isinstance(result, PreExecutionError) or all(error.path is None for error in errors)
    if result.data is not None or not not_run:
        return Outcome.PARTIAL
    return Outcome.REFUSED if _REQUEST_ERRORS.isdisjoint(codes) else Outcome.REQUEST_ERROR
