"""``relay``: NATS told of every new grade event, for servers on many hosts."""

import asyncio
from typing import TYPE_CHECKING

import typer

from cli.refusal import CommandRefused

if TYPE_CHECKING:
    from server.settings import Settings


def relay() -> None:
    """Tell NATS of new grade events until interrupted; needs PostgreSQL and COURSEGRADE_NATS_URL.

    Several may run: one leads, the others stand by.
    """
    from cli.session import read_settings
    from server.logs import set_up_logs

    settings = read_settings()
    if faults := settings.faults_of_relaying():
        raise CommandRefused("SETTINGS_INVALID", " ".join(faults))
    set_up_logs(settings.log_level, settings.log_format)
    asyncio.run(_relay(settings))
    typer.echo("the relay has ended")


async def _relay(settings: "Settings") -> None:
    from cli.interruption import interruption
    from cli.session import session
    from server.event_stream import grade_event_relay

    nats_url = settings.nats_url.get_secret_value() if settings.nats_url else ""
    with interruption() as ended:
        async with session(settings):
            work = grade_event_relay(settings.database_url.get_secret_value(), nats_url)
            running = asyncio.create_task(work.run())
            typer.echo("relaying to NATS; Ctrl-C ends it")
            await ended.wait()
            running.cancel()
            await asyncio.wait([running])
