"""The way to the metrics: a port of their own, or a route for who has the token."""

import hmac
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.exposition import start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from server.metrics import process_metrics
from server.settings import Settings

# prometheus_client reads it when it is imported: set before the workers begin.
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_LIVE_FILE: Final = re.compile(r"gauge_live[a-z]*_(\d+)\.db")


@contextmanager
def metrics_exposed(settings: Settings) -> Iterator[None]:
    """Prepare for metrics, if anybody may ask for them, for as long as the workers run.

    Several workers count in files of a folder that they share, and that is deleted at the end.
    """
    if not settings.measured:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="coursegrade-metrics-") as folder:
        if settings.workers > 1:
            os.environ[SHARED_FOLDER] = folder
        if settings.metrics_port is None:
            yield
            return
        server, thread = start_http_server(
            settings.metrics_port, addr=settings.host, registry=_LivingRegistry()
        )
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def metrics_routes(settings: Settings) -> list[BaseRoute]:
    """Return the route for who has the token with the metrics of all workers, if there is one."""
    token = settings.metrics_token
    if token is None:
        return []
    expected = f"Bearer {token.get_secret_value()}".encode()

    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            challenge = {"WWW-Authenticate": "Bearer"}
            return PlainTextResponse("send the token of the metrics\n", 401, challenge)
        # In a thread: other workers' files are read and added up.
        content = await run_in_threadpool(generate_latest, _LivingRegistry())
        return Response(content, media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", metrics)]


class _LivingRegistry(CollectorRegistry):
    """The metrics of this process, or of all workers that share the folder."""

    def collect(self) -> Iterator[Metric]:
        folder = os.environ.get(SHARED_FOLDER)
        if folder is None:
            yield from process_metrics().registry.collect()
            return
        _forget_the_dead(Path(folder))
        yield from MultiProcessCollector(None, folder).collect()  # type: ignore[no-untyped-call]


def _forget_the_dead(folder: Path) -> None:
    """Leave out what workers that were killed had open."""
    found = (_LIVE_FILE.fullmatch(path.name) for path in folder.iterdir())
    for pid in {int(name[1]) for name in found if name}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
