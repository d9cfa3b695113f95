"""``token``: a token of global staff, for trying and for services."""

from datetime import timedelta
from typing import Annotated

import typer

from cli.refusal import CommandRefused


def token(
    username: Annotated[str, typer.Argument(help="Whose name the token bears.")],
    hours: Annotated[float, typer.Option(help="How long it lasts.", min=0.01, max=24 * 366)] = 8.0,
) -> None:
    """Print a token of global staff, signed with COURSEGRADE_JWT_SECRET."""
    from cli.session import read_settings
    from server.auth import InvalidToken, staff_token
    from server.graphql_endpoint import utc_now

    lifetime = timedelta(hours=hours)
    try:
        typer.echo(staff_token(read_settings(), username, now=utc_now(), lifetime=lifetime))
    except InvalidToken as error:
        raise CommandRefused("NO_SECRET", str(error)) from None
