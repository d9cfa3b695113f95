"""From a database URL to the words Tortoise's configuration wants."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from db.errors import InvalidDatabaseUrl

Dialect = Literal["sqlite", "postgres"]

EXAMPLES = "sqlite:///grades.sqlite3 or postgres://user:password@host:5432/grades"
SQLITE_PREFIX = "sqlite://"
IN_MEMORY = ":memory:"


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A database file; relative paths are relative to the working directory."""

    path: str
    dialect: Dialect = "sqlite"

    @property
    def folder(self) -> Path | None:
        """The folder that must exist, if the database is a file at all."""
        return None if self.path == IN_MEMORY else Path(self.path).parent

    def __str__(self) -> str:
        return f"SQLite {self.path}"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A database of a PostgreSQL server."""

    host: str
    port: int
    database: str
    user: str
    password: str | None
    ssl: str | None = None
    dialect: Dialect = "postgres"

    def __str__(self) -> str:
        return f"PostgreSQL {self.user}@{self.host}:{self.port}/{self.database}"


def parse_database_url(url: str) -> SqliteFile | PostgresServer:
    """Read `sqlite:///relative`, `sqlite:////absolute`, `sqlite://:memory:` or `postgres://...`.

    :raises InvalidDatabaseUrl: with a message that never holds the password.
    """
    if url.startswith(SQLITE_PREFIX):
        return _sqlite_file(url.removeprefix(SQLITE_PREFIX))
    if url.startswith(("postgres://", "postgresql://")):
        return _postgres_server(url)
    raise InvalidDatabaseUrl(
        f"the database URL must begin with sqlite:// or postgres://, for example {EXAMPLES}"
    )


def _sqlite_file(rest: str) -> SqliteFile:
    if rest == IN_MEMORY:
        return SqliteFile(IN_MEMORY)
    if not rest.startswith("/") or rest in {"/", "//"} or rest.endswith("/"):
        raise InvalidDatabaseUrl(
            "a SQLite URL has three slashes before a relative path and four before an absolute "
            "one: sqlite:///grades.sqlite3 or sqlite:////var/lib/grades.sqlite3"
        )
    return SqliteFile(rest[1:])


def _postgres_server(url: str) -> PostgresServer:
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        # Its text quotes what was read as the port or the options: perhaps the password.
        raise InvalidDatabaseUrl(
            "the PostgreSQL URL cannot be read; write special characters of the password as "
            "%40 for @, %2F for /, %3A for :, %23 for #, %3F for ?"
        ) from None
    ssl = options.pop("sslmode", None)
    database = unquote(parts.path.removeprefix("/"))
    if (
        not parts.hostname
        or not parts.username
        or not database
        or "/" in database
        or parts.fragment
    ):
        raise InvalidDatabaseUrl(
            "a PostgreSQL URL names user, host and database: "
            "postgres://user:password@host:5432/grades"
        )
    if options:
        raise InvalidDatabaseUrl("the only option a PostgreSQL URL may have is sslmode")
    return PostgresServer(
        host=parts.hostname,
        port=port,
        database=database,
        user=unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        ssl=ssl,
    )
