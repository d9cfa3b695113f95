"""One place for every operation, whatever it came over: its log line, its metrics, its span."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Final

from strawberry.types import ExecutionResult

from db.observation import statements_observed
from resolvers.observation import batches_observed
from schema.operation_notes import Outcome, noted
from server.metrics import Metrics, process_metrics
from server.operation_record import OperationRecord, Pseudonyms, fields
from server.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from server.tracing import Tracing

logger = logging.getLogger("coursegrade.operation")

_LEVELS: Final = {Outcome.INTERNAL: logging.ERROR, Outcome.TIMEOUT: logging.WARNING}
_NOTHING: Final = nullcontext()
_KINDS: Final = frozenset(
    {"select", "insert", "update", "delete", "with", "commit", "rollback", "pragma", "notify"}
)


class ObservedRecord(OperationRecord):
    """A record that is counted among those that run, or among the subscriptions."""

    __slots__ = ("_metrics",)

    def __init__(self, request_id: str, transport: str, metrics: Metrics | None) -> None:
        super().__init__(request_id, transport)
        self._metrics = metrics
        if metrics is not None:
            metrics.in_flight.inc()

    def know(self, kind: str, name: str | None) -> None:
        super().know(kind, name)
        if kind == "subscription" and not self.follows:
            self.follows = True
            if self._metrics is not None:
                self._metrics.in_flight.dec()
                self._metrics.subscriptions.labels(self.transport).inc()

    def take(self, result: ExecutionResult) -> None:
        super().take(result)
        if self.follows and self._metrics is not None:
            self._metrics.event_sent()

    def end(self) -> None:
        super().end()
        if self._metrics is None:
            return
        if self.follows:
            self._metrics.subscriptions.labels(self.transport).dec()
        else:
            self._metrics.in_flight.dec()
        self._metrics.operation_ended(self)


class Observer:
    """Logs every operation; measures and traces them where that is asked for.

    ``operations`` is how many there were.
    """

    def __init__(
        self,
        *,
        metrics: Metrics | None = None,
        tracing: "Tracing | None" = None,
        secret: str | None = None,
    ) -> None:
        self.metrics = metrics
        self.operations = 0
        self._tracing = tracing
        self._pseudonyms = Pseudonyms(secret)

    def operation(
        self, request_id: str, transport: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[OperationRecord]:
        """Record the operation that runs in the block, in this task and in those it begins."""
        record = ObservedRecord(request_id, transport, self.metrics)
        self.operations += 1
        operation = _Operation(record, self._log)
        if self._tracing is None:
            return operation
        return _within(self._tracing.operation(record, headers), operation)

    def _log(self, record: OperationRecord) -> None:
        level = _LEVELS.get(record.outcome, logging.INFO)
        if logger.isEnabledFor(level):
            # Not `log`, which looks through the stack for where it was called.
            told = {"fields": fields(record, self._pseudonyms)}
            logger.handle(
                logger.makeRecord(
                    logger.name, level, __file__, 0, "operation", (), None, extra=told
                )
            )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Observe the loaders and the database of this process, and at the end send all spans."""
        if self.metrics is None and self._tracing is None:
            yield
            return
        try:
            with statements_observed(self._statement), batches_observed(self._batch):
                yield
        finally:
            if self._tracing is not None:
                self._tracing.close()

    def _batch(self, loader: str, size: int) -> AbstractContextManager[object]:
        if self.metrics is not None:
            self.metrics.batch_read(loader, size)
        return _NOTHING if self._tracing is None else self._tracing.batch(loader, size)

    def _statement(self, sql: str) -> "_Statement":
        return _Statement(sql, self.metrics, self._tracing)


class _Operation:
    """The block in which an operation runs."""

    __slots__ = ("_log", "_record", "_token")

    def __init__(self, record: OperationRecord, log: Callable[[OperationRecord], None]) -> None:
        self._record, self._log = record, log

    def __enter__(self) -> OperationRecord:
        self._token = noted.set(self._record)
        return self._record

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        record = self._record
        if isinstance(error, asyncio.CancelledError | GeneratorExit):
            if not record.follows:
                record.worsen(Outcome.CANCELLED)
        elif isinstance(error, Exception):
            record.worsen(Outcome.INTERNAL)
        record.end()
        self._log(record)
        noted.reset(self._token)


@contextmanager
def _within(
    outer: AbstractContextManager[object], inner: AbstractContextManager[OperationRecord]
) -> Iterator[OperationRecord]:
    with outer, inner as record:
        yield record


class _Statement:
    """One statement, from before the wait for its connection to its end."""

    __slots__ = ("_began", "_kind", "_metrics", "_span", "_sql", "_tracing")

    def __init__(self, sql: str, metrics: Metrics | None, tracing: "Tracing | None") -> None:
        self._sql = sql
        self._metrics = metrics
        self._tracing = tracing
        self._span: Span | None = None

    def __enter__(self) -> None:
        word = self._sql.lstrip("( ").partition(" ")[0].lower()
        self._kind = word if word in _KINDS else "other"
        if self._tracing is not None:
            self._span = self._tracing.statement(self._kind, self._sql)
        self._began = perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._metrics is not None:
            seconds = perf_counter() - self._began
            self._metrics.statement_ended(self._kind, seconds, failed=kind is not None)
        if self._span is not None:
            from server.tracing import end_statement  # noqa: PLC0415 - an optional package

            end_statement(self._span, kind)


def observer_of(settings: Settings) -> Observer:
    """Make what observes the operations of this process, as the settings ask for."""
    tracing = None
    if settings.otel_endpoint is not None:
        from server.tracing import Tracing, exported_to  # noqa: PLC0415 - an optional package

        system = "sqlite" if settings.on_sqlite else "postgresql"
        tracing = Tracing(exported_to(settings.otel_endpoint), system=system)
    secret = settings.jwt_secret
    return Observer(
        metrics=process_metrics() if settings.measured else None,
        tracing=tracing,
        secret=None if secret is None else secret.get_secret_value(),
    )
