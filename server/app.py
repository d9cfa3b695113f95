"""The application: routes, and what is open for as long as it serves."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from db.connection import connected
from db.event_log_state import begin_new_epoch_after_restore
from server.auth import Authenticator
from server.drain import Drain
from server.event_stream import grade_event_stream
from server.explorer import ExplorerConfig, example_tabs, explorer_routes
from server.graphql_endpoint import GraphQLEndpoint, utc_now
from server.health import healthz, readyz
from server.logs import set_up_logs
from server.retention import old_rows_deleted
from server.settings import Settings

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
MAX_BODY = 100_000  # bytes


def create_app(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Starlette:
    """Build the application that these settings ask for."""
    drain = Drain()
    authenticator = Authenticator.of(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        database_url = settings.database_url.get_secret_value()
        nats_url = None if settings.nats_url is None else settings.nats_url.get_secret_value()
        async with connected(
            database_url,
            pool_size=settings.database_pool_size,
            statement_timeout=settings.database_statement_timeout,
        ):
            await begin_new_epoch_after_restore()
            with drain.begun_by_signals():
                async with (
                    authenticator.with_keys(),
                    old_rows_deleted(settings.event_retention, now=now),
                    grade_event_stream(database_url, nats_url) as events,
                ):
                    yield {"events": events}

    endpoint = GraphQLEndpoint(
        authenticator,
        freeze_after=settings.freeze_after,
        frozen_for_services=not settings.services_write_frozen,
        drain=drain,
        socket_subscriptions=settings.socket_subscriptions,
        now=now,
    )
    app = Starlette(
        routes=[
            Route("/graphql", endpoint, max_body_size=MAX_BODY),
            WebSocketRoute("/graphql", endpoint),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *explorer_routes(
                settings.explorer_dist, ExplorerConfig(example_tabs=example_tabs(EXAMPLES))
            ),
        ],
        lifespan=lifespan,
    )
    app.state.drain = drain
    return app


def app_from_environment() -> Starlette:
    """Build the application from the environment, as each of several workers does."""
    settings = Settings()
    set_up_logs(settings.log_level)
    _collect_garbage_rarely()
    return create_app(settings)


def _collect_garbage_rarely() -> None:
    """Let subscriptions be many: to walk through all that a thousand hold takes half a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
