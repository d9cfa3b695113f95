"""The one database this process is connected to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.connection import ConnectionHandler, get_connections
from tortoise.context import TortoiseContext, get_current_context

from db.database_url import Dialect, SqliteFile, parse_database_url
from db.errors import (
    DBConnectionError,
    MissingDatabaseFolder,
    OperationalError,
    UnreachableDatabase,
)
from db.observation import observed

APP = "grades"
MODELS = "db.models"
MIGRATIONS = "db.migrations"

CONNECT_TIMEOUT = 5.0  # seconds to reach a PostgreSQL server
IDLE_TRANSACTION_TIMEOUT = 15.0  # seconds a PostgreSQL transaction may stand still

Rows = Sequence[tuple[Any, ...]]


class Client(Protocol):
    """What our two backends add to Tortoise's: statements with `$n`, rows without names."""

    async def fetch_rows(self, sql: str, args: Sequence[object]) -> Rows: ...

    async def fetch_together(
        self, queries: Sequence[str], args: Sequence[object]
    ) -> Sequence[Rows]: ...

    async def run(self, sql: str, args: Sequence[object]) -> int: ...

    async def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None: ...

    async def run_together(
        self, statements: Sequence[tuple[str, Sequence[Sequence[object]]]]
    ) -> None: ...


def database_config(  # noqa: PLR0913
    url: str,
    *,
    models: str = MODELS,
    migrations: str = MIGRATIONS,
    pool_size: int = 10,
    acquire_timeout: float = 10.0,
    statement_timeout: float = 8.0,
    foreign_keys: bool = True,
) -> dict[str, Any]:
    """Describe a database to Tortoise. Times are in seconds, 0 is no limit.

    :raises InvalidDatabaseUrl: if the URL is malformed.
    """
    place = parse_database_url(url)
    connection: dict[str, Any]
    if isinstance(place, SqliteFile):
        connection = {
            "engine": "db.sqlite_backend",
            "credentials": {"file_path": place.path, "foreign_keys": foreign_keys},
        }
    else:
        connection = {
            "engine": "db.asyncpg_backend",
            "credentials": {
                "host": place.host,
                "port": place.port,
                "user": place.user,
                "password": place.password,
                "database": place.database,
                "minsize": 1,
                "maxsize": pool_size,
                "acquire_timeout": acquire_timeout,
                "timeout": CONNECT_TIMEOUT,
                "application_name": "coursegrade",
                "server_settings": {
                    "timezone": "UTC",
                    "jit": "off",
                    "statement_timeout": str(round(statement_timeout * 1000)),
                    "idle_in_transaction_session_timeout": str(
                        round(IDLE_TRANSACTION_TIMEOUT * 1000)
                    ),
                },
            }
            | ({"ssl": place.ssl} if place.ssl else {}),
        }
    return {
        # Tortoise caches SQL by the connection's name: one name for both dialects would send
        # one's SQL to the other when a process (the tests') uses both.
        "connections": {place.dialect: connection},
        "apps": {
            APP: {
                "models": [models],
                "migrations": migrations,
                "default_connection": place.dialect,
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def check_reachable(url: str) -> None:
    """Open the current context's database, which is at `url`, and ask it a first question.

    :raises MissingDatabaseFolder: if the SQLite file has no folder to be in.
    :raises UnreachableDatabase: if the database does not answer.
    """
    place = parse_database_url(url)
    if isinstance(place, SqliteFile) and place.folder and not place.folder.is_dir():
        raise MissingDatabaseFolder(
            f"the folder {place.folder.absolute()} for the SQLite file does not exist; create it"
        )
    try:
        await current_client().fetch_rows("select 1", ())
    except (DBConnectionError, OperationalError) as error:
        raise UnreachableDatabase(f"{place} cannot be used: {error}") from error


async def connect(
    url: str,
    *,
    models: str = MODELS,
    pool_size: int = 10,
    acquire_timeout: float = 10.0,
    statement_timeout: float = 8.0,
) -> None:
    """Connect this process to a database, for all its tasks.

    :raises DatabaseSetupError: if the URL is malformed or the database cannot be reached.
    """
    config = database_config(
        url,
        models=models,
        pool_size=pool_size,
        acquire_timeout=acquire_timeout,
        statement_timeout=statement_timeout,
    )
    if get_current_context() is not None:
        raise RuntimeError("this process is connected to a database already")
    context = TortoiseContext()
    try:
        with context:
            await context.init(config=config, _enable_global_fallback=True)
            await check_reachable(url)
    except BaseException:
        await context.close_connections()
        raise


async def disconnect() -> None:
    """Close the database; without it a process with SQLite never ends."""
    context = get_current_context()
    if context is not None:
        await context.close_connections()


@asynccontextmanager
async def connected(
    url: str,
    *,
    models: str = MODELS,
    pool_size: int = 10,
    acquire_timeout: float = 10.0,
    statement_timeout: float = 8.0,
) -> AsyncIterator[None]:
    """Be connected to a database for the length of a block."""
    await connect(
        url,
        models=models,
        pool_size=pool_size,
        acquire_timeout=acquire_timeout,
        statement_timeout=statement_timeout,
    )
    try:
        yield
    finally:
        await disconnect()


def current_client() -> Client:
    """Return the current transaction's connection, or outside of one the whole pool."""
    return observed(cast(Client, current_connection()))


def client() -> BaseDBAsyncClient:
    """Return the opened database itself: the same object inside and outside of transactions."""
    found = current_connection()
    while isinstance(found, TransactionalDBClient):
        found = found._parent  # noqa: SLF001
    return found


def current_connection() -> BaseDBAsyncClient:
    """Return the same as `current_client`, as Tortoise knows it."""
    connections = get_connections()
    return connections.get(_name(connections))


def _name(connections: ConnectionHandler) -> Dialect:
    (name,) = connections.db_config
    return cast(Dialect, name)


def in_a_transaction() -> bool:
    """Tell whether the current task is inside a transaction."""
    return isinstance(current_connection(), TransactionalDBClient)


def dialect() -> Dialect:
    """Name the SQL dialect of the connected database."""
    return _name(get_connections())
