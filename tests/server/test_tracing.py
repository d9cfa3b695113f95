"""Traces: a span an operation, with its loaders and statements below it, and no values."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from server import app as application
from server.observation import Observer
from server.tracing import Tracing
from tests.factories import COURSE
from tests.server.live_server import CHANGES, LiveServer, serving, settings_of, with_course
from tests.server.server_process import ROOT, server_process

pytestmark = pytest.mark.slow  # each test starts a server

NAMED = "query Hello($key: CourseKey!) { course(courseKey: $key) { displayName } }"
ASKED = {"query": NAMED, "variables": {"key": COURSE}}
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Spans:
    """The spans of a server, in the order of their ends."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    async def of_operation(self) -> tuple[ReadableSpan, list[ReadableSpan]]:
        """Return the next operation's span, and all that are somewhere below it."""
        async with asyncio.timeout(5):
            while not (operations := self._operations()):
                await asyncio.sleep(0.005)
        (operation,) = operations
        trace = ids(operation).trace_id
        below = [
            span
            for span in self.exporter.get_finished_spans()
            if ids(span).trace_id == trace and span is not operation
        ]
        self.exporter.clear()
        return operation, below

    def _operations(self) -> Sequence[ReadableSpan]:
        found = self.exporter.get_finished_spans()
        return [span for span in found if span.kind is SpanKind.SERVER]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Spans:
    """What servers that begin from now on trace."""
    found = Spans()
    system = "sqlite" if database_url.startswith("sqlite") else "postgresql"

    def observer(_: object) -> Observer:
        return Observer(tracing=Tracing(SimpleSpanProcessor(found.exporter), system=system))

    monkeypatch.setattr(application, "observer_of", observer)
    return found


@pytest.fixture
async def traced(spans: Spans, database_url: str) -> AsyncIterator[LiveServer]:
    """A server that traces."""
    async with serving(settings_of(database_url)) as server:
        await with_course()
        spans.exporter.clear()
        yield server


async def post(server: LiveServer, body: object, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(server.graphql, json=body, headers=headers)


def ids(span: ReadableSpan) -> SpanContext:
    found = span.get_span_context()
    assert found is not None
    return found


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_a_query_is_one_span_of_a_server_by_the_conventions(
    traced: LiveServer, spans: Spans
) -> None:
    answer = await post(traced, ASKED)

    operation, _ = await spans.of_operation()
    told = attributes(operation)
    assert isinstance(told.pop("graphql.operation.cost"), int)
    assert (operation.name, operation.kind, operation.parent) == ("query", SpanKind.SERVER, None)
    assert operation.status.status_code is StatusCode.UNSET
    assert told == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Hello",
        "graphql.document.sha256": sha256(NAMED.encode()).hexdigest(),
        "graphql.operation.outcome": "ok",
        "graphql.transport": "http",
        "coursegrade.request_id": answer.headers["x-request-id"],
    }


async def test_a_trace_that_the_client_began_goes_on(traced: LiveServer, spans: Spans) -> None:
    await post(traced, ASKED, traceparent=f"00-{TRACE}-{PARENT}-01")

    operation, below = await spans.of_operation()
    assert f"{ids(operation).trace_id:032x}" == TRACE
    assert operation.parent is not None
    assert f"{operation.parent.span_id:016x}" == PARENT
    assert below != []


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{PARENT}-01"])
async def test_a_trace_that_makes_no_sense_is_not_gone_on_with(
    traced: LiveServer, spans: Spans, header: str
) -> None:
    await post(traced, ASKED, traceparent=header)

    operation, _ = await spans.of_operation()
    assert operation.parent is None


async def test_a_trace_that_is_not_sampled_leaves_no_spans(
    traced: LiveServer, spans: Spans
) -> None:
    await post(traced, ASKED, traceparent=f"00-{TRACE}-{PARENT}-00")
    await post(traced, ASKED)

    operation, _ = await spans.of_operation()
    assert operation.parent is None


async def test_loaders_are_below_the_operation_and_statements_below_them(
    traced: LiveServer, spans: Spans
) -> None:
    await post(traced, ASKED)

    operation, below = await spans.of_operation()
    (loader,) = (span for span in below if span.name == "load present_courses")
    assert loader.parent is not None
    assert loader.parent.span_id == ids(operation).span_id
    assert attributes(loader) == {
        "graphql.loader.name": "present_courses",
        "graphql.loader.batch_size": 1,
    }
    statements = [
        span
        for span in below
        if span.parent is not None and span.parent.span_id == ids(loader).span_id
    ]
    assert statements != []
    for statement in statements:
        told = attributes(statement)
        assert (statement.name, statement.kind) == ("select", SpanKind.CLIENT)
        assert told["db.system.name"] in {"sqlite", "postgresql"}
        assert told["db.operation.name"] == "select"
        assert "$1" in told["db.query.text"]


async def test_no_span_holds_a_value_or_a_document(traced: LiveServer, spans: Spans) -> None:
    await traced.record(0.625)

    operation, below = await spans.of_operation()
    text = "".join(span.to_json() for span in (operation, *below))
    assert [one for one in ("0.625", "learner1", "courseKey", COURSE) if one in text] == []
    names = {span.name for span in below}
    # One learner's grades are read and then written: on PostgreSQL in one statement.
    assert "select" in names
    assert names & {"insert", "with"}


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ node(id: "x") { id } }', "INVALID_INPUT"),
    ],
)
async def test_what_the_client_did_wrong_is_no_fault_of_the_span(
    traced: LiveServer, spans: Spans, document: str, error: str
) -> None:
    await post(traced, {"query": document})

    operation, _ = await spans.of_operation()
    assert attributes(operation)["error.type"] == error
    assert operation.status.status_code is StatusCode.UNSET


async def test_a_bug_is_a_fault_of_the_span(
    traced: LiveServer, spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("schema.query.courses.find_course", broken)

    await post(traced, ASKED)

    operation, _ = await spans.of_operation()
    assert attributes(operation)["error.type"] == "INTERNAL_ERROR"
    assert operation.status.status_code is StatusCode.ERROR
    assert "secret" not in operation.to_json()


async def test_a_subscription_is_one_span_with_its_statements(
    traced: LiveServer, spans: Spans
) -> None:
    async with traced.opened() as opened:
        await opened.subscribe("a", CHANGES, course=COURSE)
        await traced.followed_by(1)
        await opened.send(id="a", type="complete")
        operation, below = await spans.of_operation()

    assert (operation.name, attributes(operation)["graphql.transport"]) == (
        *("subscription", "websocket"),
    )
    assert "select" in {span.name for span in below}


async def test_what_no_operation_asked_for_leaves_no_spans(
    traced: LiveServer, spans: Spans
) -> None:
    async with httpx.AsyncClient() as client:
        (await client.get(f"http://{traced.address}/readyz")).raise_for_status()

    assert spans.exporter.get_finished_spans() == ()


@pytest.mark.slow
async def test_a_collector_that_is_not_there_hinders_nobody(database_url: str) -> None:
    async with _collector(asyncio.Queue()) as endpoint:
        pass  # now nobody listens there
    async with server_process(database_url, otel_endpoint=endpoint) as server:
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://{server.address}/graphql", json=ASKED)

        assert "errors" not in answer.json()
        assert await server.ended() == 0


def test_without_the_setting_nothing_of_opentelemetry_is_imported() -> None:
    program = (
        "import sys; from server.app import create_app; from server.settings import Settings;"
        "create_app(Settings()); sys.exit('opentelemetry' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@asynccontextmanager
async def _collector(received: asyncio.Queue[bytes]) -> AsyncIterator[str]:
    """Take what is exported over OTLP."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = await reader.readexactly(size)
        await received.put(gzip.decompress(body) if "content-encoding: gzip" in head else body)
        assert head.startswith("post /v1/traces ")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"


async def test_spans_are_exported_over_http(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    received = asyncio.Queue[bytes]()
    async with _collector(received) as endpoint:
        settings = settings_of(database_url, otel_endpoint=endpoint)
        async with serving(settings) as server:
            await with_course()
            await post(server, ASKED)
        async with asyncio.timeout(10):
            body = await received.get()

    export = ExportTraceServiceRequest.FromString(body)
    (resource,) = export.resource_spans
    told = {one.key: one.value.string_value for one in resource.resource.attributes}
    names = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert told["service.name"] == "coursegrade"
    assert names >= {"query", "load present_courses", "select"}
