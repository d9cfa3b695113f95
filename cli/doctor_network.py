"""What ``doctor`` looks at on the network: ports, NATS, where traces go."""

import asyncio
import socket
from typing import Final

from cli.finding import Finding, fine, note, wrong

_PATIENCE: Final = 5.0  # seconds


def port(host: str, number: int) -> Finding:
    """Check that the server can listen, or does so already."""
    import httpx

    trouble = _trouble_of_listening(host, number)
    if trouble is None:
        return fine(f"Port: {host}:{number} is free.")
    try:
        answer = httpx.get(f"http://{host}:{number}/healthz", timeout=_PATIENCE).text
    except httpx.HTTPError:
        answer = ""
    if answer == "ok\n":
        return note(
            f"Port: a server answers at {host}:{number} already.", "To begin another, end it."
        )
    return wrong(
        f"Port: nobody can listen at {host}:{number}: {trouble}.",
        "End what does, or set COURSEGRADE_HOST and COURSEGRADE_PORT.",
    )


def metrics_port(host: str, number: int) -> Finding:
    """Check that metrics can be served, or are already."""
    import httpx

    trouble = _trouble_of_listening(host, number)
    if trouble is None:
        return fine(f"Metrics: {host}:{number} is free.")
    try:
        answer = httpx.get(f"http://{host}:{number}/metrics", timeout=_PATIENCE).text
    except httpx.HTTPError:
        answer = ""
    if "graphql_operations_in_flight" in answer:
        return note(f"Metrics: a server answers at {host}:{number} already.", "Nothing to do.")
    return wrong(
        f"Metrics: nobody can listen at {host}:{number}: {trouble}.",
        "End what does, or set COURSEGRADE_METRICS_PORT.",
    )


async def nats(url: str) -> Finding:
    """Check that NATS answers."""
    try:
        from events.nats_session import nats_session

        async with asyncio.timeout(_PATIENCE), nats_session(url, "coursegrade doctor") as session:
            await session.client.flush()
    except ImportError:
        return wrong("NATS: the package nats-py is missing.", "Install it.")
    except Exception as error:  # noqa: BLE001 - whatever its library raises
        why = str(error) or type(error).__name__
        return wrong(
            f"NATS: it does not answer: {why}.",
            "Start it, or mend COURSEGRADE_NATS_URL; without it events come a second late.",
        )
    return fine("NATS: it answers.")


def otel(endpoint: str) -> Finding:
    """Check that whoever takes traces does so, with one that is empty."""
    import httpx

    address = f"{endpoint.rstrip('/')}/v1/traces"
    headers = {"Content-Type": "application/x-protobuf"}
    try:
        answer = httpx.post(address, content=b"", headers=headers, timeout=_PATIENCE)
    except httpx.HTTPError as error:
        return wrong(
            f"Traces: {endpoint} does not answer: {error}.",
            "Start the collector, or mend COURSEGRADE_OTEL_ENDPOINT.",
        )
    if not answer.is_success:
        return wrong(
            f"Traces: {endpoint} answers with status {answer.status_code}.",
            "COURSEGRADE_OTEL_ENDPOINT must take OTLP over HTTP, usually on port 4318.",
        )
    return fine(f"Traces: {endpoint} takes them.")


def _trouble_of_listening(host: str, number: int) -> str | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return None
