"""What publishing a course would change, told before it is done: a few grades, or all of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.refusal import CommandRefused
from formats.csv_writing import Cell, csv_lines
from grading import CourseGrade, PreviewedGrade, RenamedType

if TYPE_CHECKING:
    from resolvers.content_effect import Tell
    from resolvers.context import Context
    from resolvers.course_import import Foreseen

SHOWN = 20
COLUMNS = (
    *("course_id", "user_id", "percent_before", "percent_after"),
    *("letter_before", "letter_after", "passed_before", "passed_after"),
)


@contextmanager
def foreseen_report(path: Path | None, *, on: Sequence[Path]) -> "Iterator[Tell]":
    """Give a function that writes grades to a CSV file, about the exports ``on``.

    :raises CommandRefused: at once, if it cannot be written.
    """
    from resolvers.content_effect import to_nobody

    if path is None:
        yield to_nobody
        return
    if any(path.resolve() == one.resolve() for one in on):
        raise CommandRefused("INVALID_INPUT", f"The report would overwrite {path}.")
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandRefused(
            "REPORT_NOT_WRITABLE", f"{path} cannot be written: {error.strerror}."
        ) from error
    with file:
        file.writelines(csv_lines([COLUMNS]))
        yield lambda changed: file.writelines(csv_lines(map(_row, changed)))


async def tell_foreseen(context: "Context", foreseen: "Foreseen") -> None:
    """Say what publishing would come to, and name the first learners concerned."""
    tell_renamed(foreseen.renamed)
    if not foreseen.changed:
        typer.echo("  this content is published already")
    elif foreseen.frozen:
        typer.echo("  would be published; its grades are frozen and would stay as they are")
    elif (effect := foreseen.effect) is None:
        typer.echo("  would be published; nobody has a grade in it")
    else:
        counts = effect.counts
        typer.echo(
            f"  would be published; of {counts.learners + effect.failed:,} grades"
            f" {counts.percents:,} percents, {counts.letters:,} letters"
            f" and {counts.passes:,} passes would change"
        )
        await _name(context, effect.shown[:SHOWN])
        if len(effect.shown) > SHOWN:
            typer.echo("  ... and more (--report FILE has them all)")
        if effect.failed:
            typer.echo(f"  {effect.failed:,} grades could not be computed")


def tell_renamed(renamed: Sequence[RenamedType]) -> None:
    """Name the types that seem to be called otherwise, and what still has their old names."""
    for one in renamed:
        left = f"; {one.uncounted} graded subsection(s) still have the old name and do not count"
        typer.echo(
            f"  renamed: {one.before!r} seems to be {one.after!r} now"
            + (left if one.uncounted else "")
        )


async def _name(context: "Context", changed: Sequence[PreviewedGrade]) -> None:
    from resolvers.learners import read_learners

    people = await read_learners(context, [one.before.learner_id for one in changed])
    for one, person in zip(changed, people, strict=True):
        typer.echo(f"    {person.username}: {_figures(one.before)} -> {_figures(one.after)}")


def _figures(grade: CourseGrade) -> str:
    passed = "passed" if grade.passed else "not passed"
    return f"{grade.percent:.0%}, {grade.letter_grade or 'no letter'}, {passed}"


def _row(one: PreviewedGrade) -> tuple[Cell, ...]:
    before, after = one.before, one.after
    return (
        *(before.course_key, before.learner_id, before.percent, after.percent),
        *(before.letter_grade, after.letter_grade, before.passed, after.passed),
    )
