"""``simulate``: scores played into a course, so that whoever watches it sees grades move."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.progress_bars import progress_bars
from cli.refusal import CommandRefused
from grading import CourseKey, parse_course_key

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.courses import StoredCourse
    from resolvers.simulation import Played, Programme


def simulate(
    course_key: Annotated[
        str | None, typer.Argument(help="By default the demonstration course's.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Play the scores of this CSV file, in the order of their timestamps, into a "
            "course that does not have them yet. Without a file, scores are invented, for the "
            "demonstration course alone.",
        ),
    ] = None,
    days_per_second: Annotated[
        float, typer.Option(min=0.001, help="How many days of the course go by in a second.")
    ] = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="End after so many scores.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of invented scores: another number is another luck.")
    ] = 0,
) -> None:
    """Play scores into a course, also while a server runs; Ctrl-C ends it after the present step.

    Scores keep their own timestamps. Invented ones go on day by day after the newest stored one.
    """
    key = None if course_key is None else parse_course_key(course_key)
    played = asyncio.run(
        _simulate(key, file, days_per_second=days_per_second, limit=limit, seed=seed)
    )
    for count, what in (
        (played.recorded, "scores recorded"),
        (played.unchanged, "scores that are stored already"),
        (played.outdated, "scores older than the stored one"),
        (len(played.refused), "scores refused"),
    ):
        typer.echo(f"{count:>9,} {what}")
    if played.reached is not None:
        typer.echo(f"The course's clock has reached {played.reached:%Y-%m-%d %H:%M} UTC.")
    if played.refused:
        first = played.refused[0]
        raise CommandRefused(first.code, f"The first refused score: {first.message}")


async def _simulate(
    course_key: CourseKey | None,
    file: Path | None,
    *,
    days_per_second: float,
    limit: int | None,
    seed: int,
) -> "Played":
    from dataclasses import replace

    from cli.interruption import interruption
    from cli.session import read_settings, session
    from demo.outline import COURSE_KEY
    from resolvers.courses import require_course
    from resolvers.demonstration import demonstration_is_loaded
    from resolvers.simulation import play
    from server.event_stream import grade_event_stream

    settings = read_settings()
    async with session(settings) as context:
        if course_key is None and not await demonstration_is_loaded(context):
            raise CommandRefused(
                "COURSE_NOT_FOUND",
                "The demonstration course is not in this database: load it with "
                "`main.py serve --demo`, or name another course.",
            )
        course = await require_course(context, course_key or CourseKey(COURSE_KEY))
        programme = await _programme(context, course, file, seed=seed)
        # The stream tells servers on PostgreSQL at once; without it they would look by and by.
        stream = grade_event_stream(settings.database_url.get_secret_value())
        with interruption() as ended, progress_bars() as new_bar:
            async with stream as events:
                return await play(
                    replace(context, events=events),
                    course,
                    programme.scores[:limit],
                    days_per_second=days_per_second,
                    ended=ended,
                    shown=new_bar("playing", None),
                )


async def _programme(
    context: "Context", course: "StoredCourse", file: Path | None, *, seed: int
) -> "Programme":
    from cli.refused_lines import SHOWN
    from formats.csv_rows import open_csv
    from formats.scores_csv import read_scores
    from resolvers.simulation import programme_of_demonstration, programme_of_file

    if file is None:
        return await programme_of_demonstration(context, course, seed=seed)
    programme = await programme_of_file(context, course, read_scores(open_csv(file)))
    if programme.refused:
        for one in programme.refused[:SHOWN]:
            typer.echo(f"line {one.line}: {one.code}: {one.reason}", err=True)
        count = len(programme.refused)
        raise CommandRefused(
            "SIMULATION_REFUSED",
            f"{count:,} of the lines in {file} cannot be played; nothing was stored.",
        )
    return programme
