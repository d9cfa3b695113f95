"""Serving: one process, or several that share a port."""

import logging
import os
import signal
import sys
from types import FrameType

import uvicorn

from server.logs import set_up_logs
from server.settings import Settings

logger = logging.getLogger(__name__)

GRACE = 10  # seconds that running requests have to finish
MAX_SOCKET_MESSAGE = 262_144  # bytes


def serve(settings: Settings) -> None:
    """Serve until interrupted. The database must be migrated.

    Workers read the settings from the environment, which is set to these first.
    """
    os.environ.update(as_environment(settings))
    set_up_logs(settings.log_level)
    if settings.in_development:
        logger.warning(
            "Development mode: everybody who reaches %s may read and change all grades.",
            settings.host,
        )
    logger.info("GraphQL and its explorer are at http://%s:%d/", settings.host, settings.port)
    signal.signal(signal.SIGTERM, _end)
    uvicorn.run(
        "server.app:app_from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level=settings.log_level,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=MAX_SOCKET_MESSAGE,
        # Compressing the same event anew for each of a thousand sockets costs more than it saves.
        ws_per_message_deflate=False,
        server_header=False,
    )


def _end(number: int, frame: FrameType | None) -> None:
    # uvicorn shuts down in good order and then raises the signal again: that is no failure.
    sys.exit(0)


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the settings as environment variables that read back equal."""
    values = {
        **settings.model_dump(),
        "database_url": settings.database_url.get_secret_value(),
        "jwt_secret": settings.jwt_secret and settings.jwt_secret.get_secret_value(),
        "nats_url": settings.nats_url and settings.nats_url.get_secret_value(),
        "freeze_days": _days(settings.freeze_days),
        "event_retention_days": _days(settings.event_retention_days),
        "development": str(settings.in_development).lower(),
    }
    return {
        f"COURSEGRADE_{name.upper()}": str(value)
        for name, value in values.items()
        if value is not None
    }


def _days(days: int | None) -> int | str:
    return "none" if days is None else days
