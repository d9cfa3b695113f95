"""Serving: one process, or several that share a port."""

import logging
import os
import signal
import sys
from types import FrameType
from typing import Any

import uvicorn
from pydantic import SecretStr

from server.logs import set_up_logs
from server.metrics_door import metrics_exposed
from server.settings import Settings

logger = logging.getLogger(__name__)

GRACE = 10  # seconds that running requests have to finish


def serve(settings: Settings) -> None:
    """Serve until interrupted. The database must be migrated.

    Workers read the settings from the environment, which is set to these first.
    """
    os.environ.update(as_environment(settings))
    set_up_logs(settings.log_level, settings.log_format)
    if settings.in_development:
        logger.warning(
            "Development mode: everybody who reaches %s may read and change all grades.",
            settings.host,
        )
    logger.info("GraphQL and its explorer are at http://%s:%d/", settings.host, settings.port)
    signal.signal(signal.SIGTERM, _end)
    with metrics_exposed(settings):
        uvicorn.run(
            "server.app:app_from_environment",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            log_level=settings.log_level,
            log_config=None,  # its lines are written as ours
            access_log=False,  # each operation has a line of its own
            timeout_graceful_shutdown=GRACE,
            server_header=False,
            **socket_options(settings),
        )


def socket_options(settings: Settings) -> dict[str, Any]:
    """Return how uvicorn is to treat sockets."""
    return {
        "ws": "server.socket_protocol:SocketProtocol",
        "ws_max_size": settings.socket_message_size,
        # Compressing the same event anew for each of a thousand sockets costs more than it saves.
        "ws_per_message_deflate": False,
    }


def _end(number: int, frame: FrameType | None) -> None:
    # uvicorn shuts down in good order and then raises the signal again: that is no failure.
    sys.exit(0)


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the settings as environment variables that read back equal."""
    values = {
        **settings.model_dump(),
        "freeze_days": _days(settings.freeze_days),
        "event_retention_days": _days(settings.event_retention_days),
        "development": str(settings.in_development).lower(),
    }
    return {
        f"COURSEGRADE_{name.upper()}": (
            value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        )
        for name, value in values.items()
        if value is not None
    }


def _days(days: int | None) -> int | str:
    return "none" if days is None else days
