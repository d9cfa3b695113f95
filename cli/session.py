"""What a command works with: the settings, and the database with its newest schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pydantic import ValidationError

from cli.refusal import CommandRefused
from db.connection import connected
from db.migrate import migrate, pending
from resolvers.access import Viewer
from resolvers.context import Context
from server.settings import Settings

OPERATOR = Viewer("command line", global_staff=True)


def read_settings(**given: object) -> Settings:
    """Read the settings; what is given, and not None, wins over the environment.

    :raises CommandRefused: naming every setting that is wrong, but never its value.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = (f"{_variable(fault['loc'])}: {fault['msg']}." for fault in error.errors())
        raise CommandRefused("SETTINGS_INVALID", " ".join(faults)) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return "COURSEGRADE_" + "_".join(map(str, location)).upper()


async def bring_up_to_date(settings: Settings) -> None:
    """Migrate a database on SQLite; on PostgreSQL an operator decides when.

    :raises CommandRefused: if migrations are pending on PostgreSQL.
    :raises DatabaseSetupError: if the database cannot be used.
    """
    url = settings.database_url.get_secret_value()
    if settings.on_sqlite:
        await migrate(url)
    elif missing := await pending(url):
        raise CommandRefused(
            "MIGRATIONS_PENDING",
            f"The database lacks {len(missing)} migrations, {missing[0]} the first: "
            "run `main.py migrate`.",
        )


@asynccontextmanager
async def session(settings: Settings) -> AsyncIterator[Context]:
    """Be connected to a database of the newest schema, as somebody who may do everything."""
    await bring_up_to_date(settings)
    async with connected(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        statement_timeout=settings.database_statement_timeout,
    ):
        yield Context(OPERATOR, now=lambda: datetime.now(UTC), freeze_after=settings.freeze_after)
