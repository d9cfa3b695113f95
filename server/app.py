"""The application: routes, and what is open for as long as it serves."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from db.connection import connected
from db.event_log import LoggedEvent
from db.event_log_state import Place, begin_new_epoch_after_restore
from events import EventStream
from resolvers.access import Viewer
from resolvers.context import Context
from schema import schema
from server.auth import Authenticator
from server.database_wait import opened_when_reachable
from server.delivery_runner import webhooks_delivered
from server.document_rules import DocumentRules
from server.downloads import download_route
from server.drain import Drain
from server.event_stream import grade_event_stream
from server.explorer import ExplorerConfig, example_tabs, explorer_routes
from server.gauges import gauges_kept
from server.graphql_endpoint import GraphQLEndpoint, utc_now
from server.health import healthz, readyz
from server.http_endpoint import HttpLimits
from server.job_runner import jobs_run
from server.logs import logs_flushed, set_up_logs
from server.metrics_door import metrics_routes
from server.observation import observer_of
from server.observed_requests import ObservedRequests
from server.retention import old_rows_deleted
from server.settings import Settings
from server.socket_limits import SocketLimits
from server.straight_way import StraightWay

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


def create_app(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Starlette:
    """Build the application that these settings ask for."""
    drain = Drain()
    observer = observer_of(settings)
    authenticator = Authenticator.of(settings)
    if not settings.compiled_execution:
        schema.compile_selections(on=False)
    schema.keep_values(settings.kept_megabytes * 1_000_000)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        # First of all: waiting for the database must end with the process, too.
        with logs_flushed(), drain.begun_by_signals(), observer.running():
            async with (
                authenticator.with_keys(),
                opened_when_reachable(
                    partial(_opened, settings), drain, patiently=not settings.on_sqlite
                ) as events,
                old_rows_deleted(settings.event_retention, now=now),
                gauges_kept(observer.metrics, events),
                jobs_run(
                    _job_context(settings, events, now), drain, asked=lambda: observer.operations
                ),
                webhooks_delivered(
                    _job_context(settings, events, now),
                    drain,
                    give_up_after=settings.webhook_give_up_after,
                    patience=settings.webhook_timeout,
                    metrics=observer.metrics,
                ),
            ):
                yield {"events": events}

    endpoint = GraphQLEndpoint(
        authenticator,
        freeze_after=settings.freeze_after,
        frozen_for_services=not settings.services_write_frozen,
        webhook_targets=settings.webhook_targets,
        exports_kept=timedelta(hours=settings.export_hours),
        drain=drain,
        rules=DocumentRules.of(settings),
        http_limits=HttpLimits.of(settings),
        operation_timeout=settings.operation_timeout,
        socket_limits=SocketLimits.of(settings),
        observer=observer,
        now=now,
    )
    graphql = Route("/graphql", endpoint)
    app = Starlette(
        routes=[
            graphql,
            WebSocketRoute("/graphql", endpoint),
            download_route(authenticator, endpoint.context_of),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *metrics_routes(settings),
            *explorer_routes(
                settings.explorer_dist, ExplorerConfig(example_tabs=example_tabs(EXAMPLES))
            ),
        ],
        lifespan=lifespan,
    )
    # Around Starlette's own middleware, not within: the endpoint answers its failures itself.
    served: ASGIApp = StraightWay(app.build_middleware_stack(), graphql)
    if observer.metrics is not None:
        served = ObservedRequests(served, observer.metrics)
    app.middleware_stack = served
    app.state.drain = drain
    return app


async def _opened(settings: Settings, stack: AsyncExitStack) -> EventStream[LoggedEvent, Place]:
    """Open the database and the stream of events from it."""
    database_url = settings.database_url.get_secret_value()
    nats_url = None if settings.nats_url is None else settings.nats_url.get_secret_value()
    await stack.enter_async_context(
        connected(
            database_url,
            pool_size=settings.database_pool_size,
            # Who waits for a connection must hear of it before the operation's own time is over.
            acquire_timeout=settings.operation_timeout / 2,
            statement_timeout=settings.database_statement_timeout,
        )
    )
    await begin_new_epoch_after_restore()
    return await stack.enter_async_context(grade_event_stream(database_url, nats_url))


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
    set_up_logs(settings.log_level, settings.log_format)
    _collect_garbage_rarely()
    return create_app(settings)


def _collect_garbage_rarely() -> None:
    """Let the young be collected often, and the old hardly ever.

    To walk through all that a thousand subscriptions hold takes half a second; and what operations
    leave behind, collected in too large a heap, keeps everybody waiting for a tenth of one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(3_000, 50, 500)
