"""The lines of a file that were refused: the first of them shown, all of them in a report."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from cli.refusal import CommandRefused
from formats.csv_rows import RefusedLine

SHOWN = 20
COLUMNS = ("line", "code", "reason")

Report = Callable[[Sequence[RefusedLine]], None]


@contextmanager
def report_of_refused(path: Path | None, *, on: Path) -> Iterator[Report]:
    """Give a function that reports lines of the file ``on``, and opens ``path`` before it is asked.

    :raises CommandRefused: at once, if the report cannot be written.
    """
    if path is None:
        yield show
        return
    if path.resolve() == on.resolve():
        raise CommandRefused("INVALID_INPUT", f"The report would overwrite {on}.")
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandRefused(
            "REPORT_NOT_WRITABLE", f"{path} cannot be written: {error.strerror}."
        ) from error
    with file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)

        def report(refused: Sequence[RefusedLine]) -> None:
            show(refused)
            writer.writerows((one.line, one.code, one.reason) for one in refused)

        yield report


def show(refused: Sequence[RefusedLine]) -> None:
    """Write the first refused lines to standard error."""
    for one in refused[:SHOWN]:
        typer.echo(f"line {one.line}: {one.code}: {one.reason}", err=True)
    if len(refused) > SHOWN:
        typer.echo(
            f"... and {len(refused) - SHOWN:,} more lines (--report FILE has them all)", err=True
        )


def import_refused(refused: Sequence[RefusedLine], path: Path) -> CommandRefused:
    """Make the refusal of a whole file."""
    lines = "1 line" if len(refused) == 1 else f"{len(refused):,} lines"
    return CommandRefused(
        "IMPORT_REFUSED",
        f"{lines} of {path} cannot be imported; nothing was stored. "
        "Mend the file, or import the rest with --keep-going.",
    )
