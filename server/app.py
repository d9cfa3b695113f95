"""The application: routes, and the database for as long as it serves."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from db.connection import connected
from server.auth import Authenticator
from server.explorer import ExplorerConfig, example_tabs, explorer_routes
from server.graphql_endpoint import GraphQLEndpoint, utc_now
from server.health import healthz, readyz
from server.logs import set_up_logs
from server.settings import Settings

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
MAX_BODY = 100_000  # bytes


def create_app(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Starlette:
    """Build the application that these settings ask for."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with connected(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            statement_timeout=settings.database_statement_timeout,
        ):
            yield

    endpoint = GraphQLEndpoint(
        Authenticator.of(settings), freeze_after=settings.freeze_after, now=now
    )
    return Starlette(
        routes=[
            Route("/graphql", endpoint, max_body_size=MAX_BODY),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *explorer_routes(
                settings.explorer_dist, ExplorerConfig(example_tabs=example_tabs(EXAMPLES))
            ),
        ],
        lifespan=lifespan,
    )


def app_from_environment() -> Starlette:
    """Build the application from the environment, as each of several workers does."""
    settings = Settings()
    set_up_logs(settings.log_level)
    return create_app(settings)
