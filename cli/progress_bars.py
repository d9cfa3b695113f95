"""Progress of a command: bars on a terminal, a plain line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import typer

PLAIN_LINE_EVERY = 5.0  # seconds

# As in resolvers.progress: how much is done, and of how much where that is known.
Progress = Callable[[int, int | None], None]
NewBar = Callable[[str, int | None], Progress]


@contextmanager
def progress_bars() -> Iterator[NewBar]:
    """Give a function that adds a bar, of a label and a total if it is known beforehand."""
    if not sys.stderr.isatty():
        yield plain_lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:

        def add(label: str, total: int | None) -> Progress:
            task = bars.add_task(label, total=total)

            def show(done: int, known: int | None) -> None:
                bars.update(task, completed=done, total=total if known is None else known)

            return show

        yield add


def plain_lines(label: str, total: int | None) -> Progress:
    """Write how far it is to standard error, every five seconds at most."""
    last = monotonic()

    def show(done: int, known: int | None) -> None:
        nonlocal last
        if monotonic() - last >= PLAIN_LINE_EVERY:
            last = monotonic()
            of_all = total if known is None else known
            typer.echo(
                f"{label}: {done:,}" + ("" if of_all is None else f" of {of_all:,}"), err=True
            )

    return show


def count_lines(path: Path) -> int | None:
    """Count the lines under a file's header, for a bar; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return max(
                0, sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 1
            )
    except OSError:
        return None
