"""``serve``: the API, with GraphiQL in front of it."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cli.refusal import CommandRefused
from grading import GradingError

if TYPE_CHECKING:
    from server.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; SQLite allows one.")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="sqlite:///file or postgres://user:password@host/name.")
    ] = None,
    demo: Annotated[
        bool | None,
        typer.Option(
            help="Load the demonstration course; by default once, if no database is chosen."
        ),
    ] = None,
) -> None:
    """Serve GraphQL at /graphql and the explorer at /. The default command.

    Options win over the settings COURSEGRADE_HOST, COURSEGRADE_PORT and so on.
    """
    from cli.session import read_settings
    from server.serve import serve as serve_until_interrupted

    settings = read_settings(host=host, port=port, workers=workers, database_url=database_url)
    if faults := settings.faults_of_serving():
        raise CommandRefused("SETTINGS_INVALID", " ".join(faults))
    asyncio.run(_prepare(settings, demo=demo))
    asyncio.run(_require_keys(settings))
    serve_until_interrupted(settings)


async def _require_keys(settings: "Settings") -> None:
    # Every process fetches them for itself; here a fault is told in one line.
    from server.auth import Authenticator
    from server.key_sets import KeysUnavailable

    try:
        async with Authenticator.of(settings).with_keys():
            pass
    except KeysUnavailable as error:
        raise CommandRefused("KEYS_UNAVAILABLE", str(error)) from None


async def _prepare(settings: "Settings", *, demo: bool | None) -> None:
    from cli.session import session
    from resolvers.demonstration import demonstration_is_loaded, load_demonstration
    from server.settings import DEFAULT_DATABASE_URL

    async with session(settings) as context:
        if demo:
            await load_demonstration(context)
        elif (
            demo is None
            and settings.database_url.get_secret_value() == DEFAULT_DATABASE_URL
            and not await demonstration_is_loaded(context)
        ):
            try:
                await load_demonstration(context)
            except GradingError as error:
                # Nobody asked for it: what is in the way is no reason not to serve.
                typer.echo(error.message, err=True)
