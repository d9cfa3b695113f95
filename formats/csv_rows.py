"""CSV files row by row: lines in, cells in the order we know or a refused line out."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from grading import GradingError, InvalidInput

MAX_CELL_LENGTH: Final = 10_000
MAX_LINE_LENGTH: Final = 100_000

_NAMED_AT_MOST: Final = 10
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is no row, and why; ``code`` is one of the codes that clients see."""

    line: int
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a kind of file knows; of ``either`` it must have at least one."""

    required: tuple[str, ...]
    either: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Return all of them, in the order in which rows hand over their cells."""
        return (*self.required, *self.either, *self.optional)


def open_csv(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file, with their ends, without ever holding all of it.

    :raises InvalidInput: if it cannot be opened, is not UTF-8 or has a line over 100,000 bytes.
    """
    try:
        with path.open("rb") as file:
            chunks = iter(partial(file.readline, MAX_LINE_LENGTH + 1), b"")
            for number, chunk in enumerate(chunks, start=1):
                if len(chunk) > MAX_LINE_LENGTH:
                    raise InvalidInput(
                        f"Line {number} of {path.name} is longer than {MAX_LINE_LENGTH:,} bytes."
                    )
                yield chunk.decode()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"Line {number} of {path.name} is not UTF-8. Save the file as “CSV UTF-8”."
        ) from error


def read_rows(
    lines: Iterable[str], columns: Columns, row_of: Callable[[int, Sequence[str]], Row]
) -> Iterator[Row | RefusedLine]:
    """Read the header now and yield, line by line, what ``row_of`` makes of the rest.

    ``row_of`` gets the line's number, counted from 1, and one cell for each known column, empty
    where the file does not have it; what it raises of ``GradingError`` refuses the line.

    :raises InvalidInput: if the header is missing, or its columns are not the known ones.
    """
    numbered = enumerate(lines, start=1)
    for number, line in numbered:
        text = line.removeprefix("\ufeff") if number == 1 else line
        if not _blank(text):
            return _rows(numbered, _cell_order(text, number, columns), row_of)
    raise InvalidInput(f"The file is empty. Its first line must name columns: {_listed(columns)}.")


def _rows(
    numbered: Iterable[tuple[int, str]],
    order: Sequence[int],
    row_of: Callable[[int, Sequence[str]], Row],
) -> Iterator[Row | RefusedLine]:
    width = sum(position >= 0 for position in order)
    for number, line in numbered:
        if _blank(line):
            continue
        try:
            cells = _cells(line)
            if len(cells) != width:
                raise InvalidInput(f"It has {len(cells)} cells; the header has {width}.")
            cells.append("")
            yield row_of(number, [cells[position] for position in order])
        except GradingError as error:
            yield RefusedLine(number, error.message, error.code)


def _blank(line: str) -> bool:
    # Spreadsheets write the empty rows under a table as nothing but commas.
    return not line.strip(", \t\r\n")


def _cells(line: str) -> list[str]:
    text = line.rstrip("\r\n")
    if len(text) > MAX_LINE_LENGTH:
        raise InvalidInput(f"It is longer than {MAX_LINE_LENGTH:,} characters.")
    if not text.isprintable() and (found := _UNPRINTABLE.search(text)):
        raise InvalidInput(f"It has a character that no text has: U+{ord(found.group()):04X}.")
    # A line without quotes needs no parser, and most lines have none.
    cells = _quoted_cells(text) if '"' in text else text.split(",")
    if len(text) > MAX_CELL_LENGTH and max(map(len, cells)) > MAX_CELL_LENGTH:
        raise InvalidInput(f"It has a cell of more than {MAX_CELL_LENGTH:,} characters.")
    return [cell.strip() for cell in cells]


def _quoted_cells(text: str) -> list[str]:
    # One line, one parser: a quote that never closes costs its own line, not the rest of the file.
    try:
        return next(csv.reader((text,), strict=True, skipinitialspace=True))
    except csv.Error as error:
        raise InvalidInput("Its quotes do not match; a cell must end in its own line.") from error


def _cell_order(header: str, number: int, columns: Columns) -> list[int]:
    try:
        names = _cells(header)
    except InvalidInput as error:
        raise InvalidInput(f"Line {number}, the header: {error.message}") from error
    faults = _faults(names, columns)
    if faults:
        if len(names) == 1 and (";" in header or "\t" in header):
            faults.append("Separate the columns with commas.")
        raise InvalidInput(f"{' '.join(faults)} The columns are: {_listed(columns)}.")
    positions = {name: position for position, name in enumerate(names)}
    return [positions.get(name, -1) for name in columns.known]


def _faults(names: Sequence[str], columns: Columns) -> list[str]:
    faults = []
    unknown = dict.fromkeys(name for name in names if name not in columns.known)
    if unknown:
        faults.append(f"Unknown: {_shortened(unknown)}.")
    repeated = dict.fromkeys(name for name in columns.known if names.count(name) > 1)
    if repeated:
        faults.append(f"More than once: {', '.join(repeated)}.")
    missing = [name for name in columns.required if name not in names]
    if columns.either and not any(name in names for name in columns.either):
        missing.append(" or ".join(columns.either))
    if missing:
        faults.append(f"Missing: {', '.join(missing)}.")
    return faults


def _shortened(names: Iterable[str]) -> str:
    remaining = iter(names)
    shown = [repr(name[:40]) for name in islice(remaining, _NAMED_AT_MOST)]
    more = sum(1 for _ in remaining)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _listed(columns: Columns) -> str:
    words = [*columns.required]
    if columns.either:
        words.append(" or ".join(columns.either))
    return ", ".join(words) + (
        f"; and if wanted: {', '.join(columns.optional)}" if columns.optional else ""
    )
