"""What is done in the thread of a SQLite connection, in one hop each."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import aiosqlite

from db.errors import IntegrityError, OperationalError, RetryableError
from db.sqlite_dialect import placeholders, statements

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


async def in_thread(connection: aiosqlite.Connection, work: Work[T]) -> T:
    """Run `work` in the connection's thread, in one hop and behind whatever runs there."""
    result: T = await connection._execute(work, connection._conn)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


@contextmanager
def translated_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise IntegrityError(error) from error
    except sqlite3.Error as error:
        if is_busy(error):
            raise RetryableError(error) from error
        raise OperationalError(error) from error


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether another process was in the way."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY


def log_ahead(patience: float, db: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, waiting up to `patience` seconds for others.

    Where several processes switch a new file at once, SQLite's own busy timeout does not count.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def begin(db: sqlite3.Connection) -> None:
    # Not deferred: a transaction that reads and then writes would fail at once when another
    # process wrote in between, and no busy timeout helps.
    db.execute("BEGIN IMMEDIATE")


def commit(db: sqlite3.Connection) -> None:
    try:
        db.commit()
    except sqlite3.Error:
        db.rollback()
        raise


def fetch(sql: str, args: Sequence[object], db: sqlite3.Connection) -> list[tuple[Any, ...]]:
    cursor = db.cursor()
    cursor.row_factory = None  # plain tuples: Tortoise's connections make sqlite3.Row
    return cursor.execute(sql, args).fetchall()


def fetch_each(
    queries: Sequence[str], args: Sequence[object], db: sqlite3.Connection
) -> list[list[tuple[Any, ...]]]:
    begun = not db.in_transaction
    if begun:
        db.execute("BEGIN")  # so that all see the file as of one moment
    try:
        return [fetch(query, args[: placeholders(query)], db) for query in queries]
    finally:
        if begun:
            db.rollback()


def fetch_mappings(sql: str, args: Sequence[object], db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute(sql, args).fetchall()


def run(sql: str, args: Sequence[object], db: sqlite3.Connection) -> int:
    return max(db.execute(sql, args).rowcount, 0)


def run_many(sql: str, rows: Iterable[Sequence[object]], db: sqlite3.Connection) -> None:
    db.executemany(sql, rows)


def run_each(
    statements: Sequence[tuple[str, Iterable[Sequence[object]]]], db: sqlite3.Connection
) -> None:
    db.execute("SAVEPOINT each_or_none")
    try:
        for sql, rows in statements:
            run_many(sql, rows, db)
    except BaseException:
        db.execute("ROLLBACK TO each_or_none")
        raise
    finally:
        db.execute("RELEASE each_or_none")


def run_script(script: str, db: sqlite3.Connection) -> None:
    # sqlite3's own executescript() commits whatever is open.
    for statement in statements(script):
        db.execute(statement)
