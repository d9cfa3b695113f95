"""What the process writes to its log: one line an entry, for people or for programs."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, Literal, TextIO, TypeAlias

import orjson

from schema.operation_notes import noted
from server.log_handler import GatheringHandler
from server.operation_record import OperationRecord

LogFormat: TypeAlias = Literal["auto", "json", "text"]

TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def set_up_logs(level: str, log_format: LogFormat = "auto", stream: TextIO | None = None) -> None:
    """Write all loggers' entries, from a level upwards, to standard error or another stream.

    "auto" is text where a person looks on, and else JSON.
    """
    stream = stream or sys.stderr
    as_text = log_format == "text" or (log_format == "auto" and stream.isatty())
    # Neither form tells of threads and processes: nobody has to ask for them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = GatheringHandler(stream)
    handler.setFormatter(TextLines(TEXT) if as_text else JsonLines())
    root = logging.getLogger()
    for previous in root.handlers:
        if isinstance(previous.formatter, TextLines | JsonLines):
            root.removeHandler(previous)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # Every statement, with its values, at DEBUG: of use to nobody but the tests.
    logging.getLogger("tortoise").setLevel(logging.WARNING)
    # Each try of one export; that it failed in the end is an error.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    # Each request of an HTTP client of ours at INFO.
    logging.getLogger("httpx").setLevel(logging.WARNING)


@contextmanager
def logs_flushed() -> Iterator[None]:
    """At the end, write what waits to be written: the process may end without a word."""
    try:
        yield
    finally:
        for handler in logging.getLogger().handlers:
            handler.flush()


class JsonLines(logging.Formatter):
    """Entries as JSON objects, with the request that they belong to."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update(_fields(record))
        if "request_id" not in entry and (running := _running()) is not None:
            entry["request_id"] = running.request_id
            if running.trace_id is not None:
                entry["trace_id"] = running.trace_id
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str).decode()


class TextLines(logging.Formatter):
    """Entries as lines to read, with what is known of an operation behind the message."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        told = " ".join(f"{name}={_plain(value)}" for name, value in _fields(record).items())
        line = super().formatMessage(record)
        return f"{line} {told}" if told else line


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    fields: Mapping[str, object] = getattr(record, "fields", {})
    return fields


def _running() -> OperationRecord | None:
    notes = noted.get()
    return notes if isinstance(notes, OperationRecord) else None


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
