"""What can go wrong between us and a database, on either engine."""

from tortoise.exceptions import (
    DBConnectionError,
    IntegrityError,
    OperationalError,
    TransactionManagementError,
)

__all__ = [
    "BrokenReferences",
    "DBConnectionError",
    "DatabaseSetupError",
    "IntegrityError",
    "InvalidDatabaseUrl",
    "MissingDatabaseFolder",
    "OperationalError",
    "RetryableError",
    "StatementTimeout",
    "TransactionManagementError",
    "UnreachableDatabase",
]


class DatabaseSetupError(Exception):
    """The database cannot be used as configured; the message says what to mend."""

    code: str


class InvalidDatabaseUrl(DatabaseSetupError):
    """The database URL is malformed. Its text is never quoted: it may hold a password."""

    code = "DATABASE_URL_INVALID"


class MissingDatabaseFolder(DatabaseSetupError):
    """The folder that should hold the SQLite file does not exist."""

    code = "DATABASE_FOLDER_MISSING"


class UnreachableDatabase(DatabaseSetupError):
    """The database does not answer, refuses us, or is no database."""

    code = "DATABASE_UNREACHABLE"


class BrokenReferences(DatabaseSetupError):
    """A migration would leave rows that point to nothing; it was undone."""

    code = "MIGRATION_BREAKS_REFERENCES"


class RetryableError(OperationalError):
    """Lost against a concurrent transaction: nothing was stored, run the whole one again."""


class StatementTimeout(OperationalError):
    """A statement ran, or waited for a lock, longer than the database allows."""
