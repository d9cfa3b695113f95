"""OpenTelemetry: a span an operation, and below it one a batch and one a statement.

Nothing but this module knows the SDK, and it is imported only where traces are asked for.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Thread
from typing import Final

from opentelemetry import context as contexts
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode, use_span
from opentelemetry.trace.propagation import get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from schema.operation_notes import Outcome
from server.operation_record import OperationRecord

SERVICE: Final = "coursegrade"
LAST_WORDS: Final = 2.0  # seconds for sending what is left at the end
_NAMELESS: Final = "GraphQL Operation"  # until the document tells the kind
_FAULTS: Final = {Outcome.INTERNAL, Outcome.TIMEOUT}
_propagator: Final = TraceContextTextMapPropagator()


def exported_to(endpoint: str) -> SpanProcessor:
    """Return what sends spans, in batches and from a thread of its own, to an OTLP collector."""
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"))


class Tracing:
    """Makes the spans of this process."""

    def __init__(self, processor: SpanProcessor, *, system: str) -> None:
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer(SERVICE)
        self._system = system

    def close(self) -> None:
        """Send what was not sent yet; who does not take it must not keep the process."""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(LAST_WORDS)

    @contextmanager
    def operation(self, record: OperationRecord, headers: Mapping[str, str]) -> Iterator[None]:
        """Make a span of an operation the current one, part of the trace that the headers name."""
        parent = _propagator.extract(headers) if "traceparent" in headers else contexts.Context()
        span = self._tracer.start_span(_NAMELESS, context=parent, kind=SpanKind.SERVER)
        record.trace_id = f"{span.get_span_context().trace_id:032x}"
        token = contexts.attach(set_span_in_context(span, parent))
        try:
            yield
        finally:
            contexts.detach(token)
            if span.is_recording():
                _describe(span, record)
            span.end()

    def batch(self, loader: str, size: int) -> AbstractContextManager[Span]:
        """Make a span of a loader's batch the current one; outside of an operation it is none."""
        if not get_current_span().is_recording():
            return nullcontext(INVALID_SPAN)
        span = self._tracer.start_span(
            f"load {loader}",
            attributes={"graphql.loader.name": loader, "graphql.loader.batch_size": size},
        )
        return use_span(
            span, end_on_exit=True, record_exception=False, set_status_on_exception=False
        )

    def statement(self, kind: str, sql: str) -> Span:
        """Begin the span of a statement; outside of a traced operation it is none."""
        if not get_current_span().is_recording():
            return INVALID_SPAN
        return self._tracer.start_span(
            kind,
            kind=SpanKind.CLIENT,
            attributes={
                "db.system.name": self._system,
                "db.operation.name": kind,
                "db.query.text": sql,
            },
        )


def end_statement(span: Span, error: type[BaseException] | None) -> None:
    """End the span of a statement; of an error only its kind is told, since it may hold values."""
    if error is not None:
        span.set_attribute("error.type", error.__qualname__)
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _describe(span: Span, record: OperationRecord) -> None:
    if record.kind:
        span.update_name(record.kind)
        span.set_attribute("graphql.operation.type", record.kind)
    if record.name:
        span.set_attribute("graphql.operation.name", record.name)
    if record.document_hash:
        span.set_attribute("graphql.document.sha256", record.document_hash)
    if record.cost is not None:
        span.set_attribute("graphql.operation.cost", record.cost)
    span.set_attribute("graphql.operation.outcome", record.outcome.value)
    span.set_attribute("graphql.transport", record.transport)
    span.set_attribute("coursegrade.request_id", record.request_id)
    if record.codes:
        # The one that was told most often; the log has all of them.
        span.set_attribute("error.type", record.codes.most_common(1)[0][0])
    if record.outcome in _FAULTS:
        span.set_status(Status(StatusCode.ERROR, record.outcome.value))
