"""CSV files written: cells that no spreadsheet takes for a formula, lines one at a time."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

# Spreadsheets run what begins with one of these, whoever wrote it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Cell = str | float | int | bool | datetime | None


class _Line:
    """A file of one line, for the writer of the standard library."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the rows as lines of CSV, with their ends.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers don't.
    """
    line = _Line()
    writer = csv.writer(line)
    for row in rows:
        writer.writerow([_written(cell) for cell in row])
        yield line.text


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            # A whole number is read more easily without its ".0", and is read back the same.
            return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)  # noqa: PLR2004
        case int():
            return str(cell)
        case datetime():
            return cell.isoformat()
    one_line = " ".join(cell.split()) if not cell.isprintable() else cell
    return f"'{one_line}" if one_line.startswith(_FORMULA) else one_line
