"""The application: routes, and what is open for as long as it serves."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from db.connection import connected
from db.event_log import LoggedEvent
from db.event_log_state import Place, begin_new_epoch_after_restore
from events import EventStream
from resolvers.access import Viewer
from resolvers.context import Context
from server.auth import Authenticator
from server.delivery_runner import webhooks_delivered
from server.drain import Drain
from server.event_stream import grade_event_stream
from server.explorer import ExplorerConfig, example_tabs, explorer_routes
from server.graphql_endpoint import GraphQLEndpoint, utc_now
from server.health import healthz, readyz
from server.job_runner import jobs_run
from server.logs import set_up_logs
from server.retention import old_events_pruned
from server.settings import Settings

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
MAX_BODY = 100_000  # bytes


def create_app(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Starlette:
    """Build the application that these settings ask for."""
    drain = Drain()

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
                    old_events_pruned(settings.event_retention, now=now),
                    grade_event_stream(database_url, nats_url) as events,
                    jobs_run(_job_context(settings, events, now), drain),
                    webhooks_delivered(
                        _job_context(settings, events, now),
                        drain,
                        give_up_after=settings.webhook_give_up_after,
                        patience=settings.webhook_timeout,
                    ),
                ):
                    yield {"events": events}

    endpoint = GraphQLEndpoint(
        Authenticator.of(settings),
        freeze_after=settings.freeze_after,
        webhook_targets=settings.webhook_targets,
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


def _job_context(
    settings: Settings, events: EventStream[LoggedEvent, Place], now: Callable[[], datetime]
) -> Context:
    runner = Viewer("job runner", global_staff=True)
    return Context(
        runner,
        now,
        freeze_after=settings.freeze_after,
        events=events,
        webhook_targets=settings.webhook_targets,
    )


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
