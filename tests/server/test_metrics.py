"""Metrics: what is counted, who may see it, and that several workers are added up."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from db.sql import execute, fetch
from server.gauges import look
from server.metrics import Metrics, process_metrics
from tests.factories import COURSE
from tests.server.live_server import CHANGES, LiveServer, serving, settings_of, with_course
from tests.server.server_process import server_process

pytestmark = pytest.mark.slow  # each test starts a server

TOKEN = "a token for metrics"
NAMED = "query Hello($key: CourseKey!) { course(courseKey: $key) { displayName } }"
ASKED = {"query": NAMED, "variables": {"key": COURSE}}


@pytest.fixture
async def measured(database_url: str) -> AsyncIterator[LiveServer]:
    """A server whose metrics are asked for with a token."""
    async with serving(settings_of(database_url, metrics_token=TOKEN)) as server:
        await with_course()
        yield server


async def metrics_of(address: str, token: str = TOKEN) -> dict[str, float]:
    """Return the samples by their names with labels."""
    async with httpx.AsyncClient() as client:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.get(f"http://{address}/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return read(answer.text)


def read(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def grown(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return by how much which samples have grown, times and costs left out."""
    return {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if value != before.get(name, 0) and not name.partition("{")[0].endswith(("_sum", "_bucket"))
    }


async def operations(before: Mapping[str, float], address: str) -> dict[str, float]:
    found = grown(before, await metrics_of(address))
    wanted = ("graphql_operations_total", "graphql_errors_total")
    return {name: value for name, value in found.items() if name.startswith(wanted)}


async def test_operations_are_counted_by_type_and_outcome(measured: LiveServer) -> None:
    before = await metrics_of(measured.address)

    await measured.ask(NAMED, {"key": COURSE})
    await measured.ask(NAMED, {"key": COURSE})
    await measured.record(0.5)
    await measured.ask("{ nothing }")
    await measured.ask("query Named { node(id: 1) { id } }")

    assert await operations(before, measured.address) == {
        'graphql_operations_total{operation="",outcome="ok",type="query"}': 2.0,
        'graphql_operations_total{operation="",outcome="ok",type="mutation"}': 1.0,
        'graphql_operations_total{operation="",outcome="request_error",type="unknown"}': 1.0,
        'graphql_operations_total{operation="",outcome="partial",type="query"}': 1.0,
        'graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"}': 1.0,
        'graphql_errors_total{code="INVALID_INPUT"}': 1.0,
    }


async def test_only_the_operators_own_operations_are_counted_by_name(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"hello": NAMED}))
    settings = settings_of(
        database_url,
        metrics_token=TOKEN,
        trusted_documents="prefer",
        trusted_documents_file=file,
    )
    async with serving(settings) as server:
        await with_course()
        before = await metrics_of(server.address)

        await server.ask(NAMED, {"key": COURSE})
        await server.ask("query Another { __typename }")

        assert await operations(before, server.address) == {
            'graphql_operations_total{operation="Hello",outcome="ok",type="query"}': 1.0,
            'graphql_operations_total{operation="",outcome="ok",type="query"}': 1.0,
        }


async def test_loaders_statements_and_requests_are_measured(measured: LiveServer) -> None:
    before = await metrics_of(measured.address)

    await measured.ask(NAMED, {"key": COURSE})
    await measured.record(0.5)

    found = grown(before, await metrics_of(measured.address))
    assert found['graphql_operation_duration_seconds_count{operation="",type="query"}'] == 1
    assert found["graphql_operation_cost_count"] == 2
    assert found['graphql_loader_batch_size_count{loader="present_courses"}'] >= 1
    assert found['db_statement_duration_seconds_count{outcome="ok",statement="select"}'] >= 2
    # One learner's grades are written by one statement on PostgreSQL.
    written = (
        f'db_statement_duration_seconds_count{{outcome="ok",statement="{kind}"}}'
        for kind in ("insert", "with")
    )
    assert sum(found.get(name, 0) for name in written) >= 1
    name = 'http_request_duration_seconds_count{method="POST",route="/graphql",status="200"}'
    assert found[name] == 2


async def test_sockets_subscriptions_and_events_are_counted(measured: LiveServer) -> None:
    before = await metrics_of(measured.address)
    active = 'graphql_subscriptions_active{transport="websocket"}'

    async with measured.opened() as opened:
        await opened.subscribe("a", CHANGES, course=COURSE)
        await measured.followed_by(1)
        await measured.record(0.5)
        await opened.next("a")
        during = await metrics_of(measured.address)
    await measured.followed_by(0)
    async with asyncio.timeout(5):
        while (after := await metrics_of(measured.address))["graphql_sockets_active"]:
            await asyncio.sleep(0.01)

    assert (during["graphql_sockets_active"], during[active]) == (1, 1)
    assert during["graphql_operations_in_flight"] == 0
    assert (after["graphql_sockets_active"], after[active]) == (0, 0)
    found = grown(before, after)
    assert found["graphql_events_sent_total"] == 1
    assert found['graphql_socket_closes_total{code="1000"}'] == 1
    assert found['graphql_operations_total{operation="",outcome="ok",type="subscription"}'] == 1


async def test_a_failed_statement_is_counted_as_such(measured: LiveServer) -> None:
    before = await metrics_of(measured.address)

    with pytest.raises(Exception, match="nowhere"):
        await fetch("select 1 from nowhere")

    found = grown(before, await metrics_of(measured.address))
    assert found['db_statement_duration_seconds_count{outcome="error",statement="select"}'] == 1


async def test_the_event_log_is_looked_at(measured: LiveServer) -> None:
    await measured.record(0.5)
    metrics = process_metrics()
    async with asyncio.timeout(5):
        while True:
            await look(metrics, measured.events)
            told = read_metrics(metrics)
            if told["event_log_lag_events"] == 0:
                break
            await asyncio.sleep(0.01)
    ((retained,),) = await fetch("select count(*) from grade_event")

    assert told["event_log_retained_events"] == retained > 0
    assert told["event_log_lag_seconds"] == 0


async def test_a_tail_that_stands_still_is_behind(measured: LiveServer) -> None:
    for task in measured.events._tasks:
        task.cancel()
    await asyncio.sleep(0)
    await measured.record(0.5)
    ((written,),) = await fetch("select count(*) from grade_event")
    await execute("update grade_event set created_at = '2020-01-01 00:00:00+00:00'")

    metrics = process_metrics()
    await look(metrics, measured.events)

    told = read_metrics(metrics)
    assert told["event_log_lag_events"] == written > 0
    assert told["event_log_lag_seconds"] > 86_400


def read_metrics(metrics: Metrics) -> dict[str, float]:
    return {
        sample.name: sample.value
        for metric in metrics.registry.collect()
        for sample in metric.samples
    }


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer another"}])
async def test_nobody_sees_metrics_without_the_token(
    measured: LiveServer, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://{measured.address}/metrics", headers=headers)

    assert (answer.status_code, answer.text) == (401, "send the token of the metrics\n")


async def test_without_a_setting_there_are_no_metrics(server: LiveServer) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://{server.address}/metrics")

    assert answer.status_code == 404


def test_what_a_client_invents_is_no_label() -> None:
    metrics = Metrics()

    metrics.socket_closed(4999)
    metrics.socket_closed(4403)

    codes = {
        sample.labels["code"]: sample.value
        for metric in metrics.registry.collect()
        for sample in metric.samples
        if sample.name == "graphql_socket_closes_total"
    }
    assert codes == {"other": 1.0, "4403": 1.0}


@pytest.mark.postgres
@pytest.mark.slow
async def test_several_workers_are_added_up_also_when_one_is_killed(
    database_url: str, engine: str
) -> None:
    if engine == "sqlite":
        pytest.skip("not applicable: SQLite is served by one process")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    asked = 'graphql_operations_total{operation="",outcome="ok",type="query"}'

    settings = {"metrics_port": port, "metrics_token": TOKEN}
    async with server_process(database_url, workers=2, **settings) as server:
        for _ in range(30):
            # A connection of its own each: the kernel spreads them over the workers.
            await _ask(server.address)
        through_route = await metrics_of(server.address)
        through_port = await _port(port)
        limits = through_port["db_pool_connections_limit"]
        os.kill(_worker(server.process.pid), signal.SIGKILL)
        async with asyncio.timeout(30):
            while (after := await _port(port))["db_pool_connections_limit"] != limits / 2:
                await asyncio.sleep(0.05)
        assert await server.ended() == 0
        with pytest.raises(httpx.ConnectError):
            await _port(port)

    assert through_route[asked] == through_port[asked] == 30
    assert limits == 20
    assert after[asked] == 30  # what was counted stays counted


async def _ask(address: str) -> None:
    async with httpx.AsyncClient() as client:
        (await client.post(f"http://{address}/graphql", json=ASKED)).raise_for_status()


async def _port(port: int) -> dict[str, float]:
    async with httpx.AsyncClient() as client:
        return read((await client.get(f"http://127.0.0.1:{port}/metrics")).text)


def _worker(parent: int) -> int:
    """Return a child that serves, and not the one that keeps track of resources."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return next(
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
