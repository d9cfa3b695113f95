"""``import-scores``: raw scores from a CSV file, and the grades that follow."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.progress_bars import count_lines, progress_bars
from cli.refusal import CommandRefused

if TYPE_CHECKING:
    from resolvers.score_import import ScoresImported


def import_scores(
    file: Annotated[
        Path,
        typer.Argument(
            help="A CSV file with user_id or username, usage_key, score_given, score_maximum, "
            "timestamp."
        ),
    ],
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Record what is right in spite of refused lines.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write all refused lines to this CSV file.")
    ] = None,
) -> None:
    """Record scores and grade their learners: all of the file, or nothing where a line has a fault.

    It may be run again: scores that are stored already, or older than those, are passed over.
    """
    from cli.refused_lines import import_refused, report_of_refused

    with report_of_refused(report, on=file) as report_lines:
        imported = asyncio.run(_import(file, keep_going=keep_going))
        report_lines(imported.refused)
    if not imported.stored:
        raise import_refused(imported.refused, file)
    for count, what in (
        (imported.lines, "lines read"),
        (imported.recorded, "scores recorded"),
        (imported.unchanged, "scores that are stored already"),
        (imported.outdated, "scores older than the stored one"),
        (len(imported.refused), "lines refused"),
        (imported.graded, "learners graded"),
    ):
        typer.echo(f"{count:>9,} {what}")
    if imported.failed:
        raise CommandRefused(
            "COMPUTATION_FAILED",
            f"{imported.failed:,} learners could not be graded, and none of their scores in the "
            "same batch is stored; see the log above.",
        )


async def _import(file: Path, *, keep_going: bool) -> "ScoresImported":
    from cli.session import read_settings, session
    from formats.csv_rows import open_csv
    from formats.scores_csv import read_scores
    from resolvers.score_import import import_scores as record

    # Before the database: a file that is no CSV of scores is refused without one.
    read_scores(open_csv(file))
    total = count_lines(file)
    async with session(read_settings()) as context:
        with progress_bars() as new_bar:
            return await record(
                context,
                lambda: read_scores(open_csv(file)),
                keep_going=keep_going,
                checking=new_bar("checking", total),
                recording=new_bar("recording", total),
            )
