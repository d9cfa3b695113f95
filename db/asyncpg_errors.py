"""What PostgreSQL and its driver complain of, in our own errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]

from db.errors import (
    DBConnectionError,
    IntegrityError,
    OperationalError,
    RetryableError,
    StatementTimeout,
    TransactionManagementError,
)

LOST_RACE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    # A migration changed a table under a prepared statement.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
NO_CONNECTION = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
)
# The first that fits counts: some of asyncpg's classes are special cases of later ones.
TRANSLATIONS: tuple[tuple[tuple[type[Exception], ...], type[Exception]], ...] = (
    ((asyncpg.IntegrityConstraintViolationError,), IntegrityError),
    ((asyncpg.QueryCanceledError,), StatementTimeout),
    (LOST_RACE, RetryableError),
    (NO_CONNECTION, DBConnectionError),
    ((asyncpg.InvalidTransactionStateError,), TransactionManagementError),
)


def _translation(error: Exception) -> Exception:
    for classes, ours in TRANSLATIONS:
        if isinstance(error, classes):
            return ours(error)
    if isinstance(error, asyncpg.InterfaceError) and re.search("clos(ed|ing)|released", str(error)):
        return DBConnectionError(error)
    return OperationalError(error)


@contextmanager
def translated_errors() -> Iterator[None]:
    try:
        yield
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        OSError,
    ) as error:
        raise _translation(error) from error
