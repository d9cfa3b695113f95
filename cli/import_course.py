"""``import-course``: course exports published, and the grades in them recomputed."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.foreseen_grades import foreseen_report, tell_foreseen, tell_renamed
from cli.progress_bars import progress_bars
from cli.refusal import CommandRefused
from grading import Algorithm, DuplicateItem, parse_course_key

if TYPE_CHECKING:
    from formats.olx import ImportedCourse
    from resolvers.content_effect import Tell
    from resolvers.course_import import Published


def import_course(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders or .tar.gz files as Studio exports them.")
    ],
    algorithm: Annotated[
        Algorithm, typer.Option(help="How subsection percentages are rounded.")
    ] = Algorithm.EDX_2024,
    course_key: Annotated[
        str | None, typer.Option(help="A course key in place of the export's own.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change; store nothing.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="With --dry-run: write all grades that would change to this CSV file."),
    ] = None,
) -> None:
    """Publish course exports: all of them, or none where one has a fault.

    Grades stored under the former content of a course are recomputed.
    """
    from formats.olx import read_course

    if report is not None and not dry_run:
        raise typer.BadParameter("goes with --dry-run.", param_hint="--report")
    if course_key is not None and len(paths) > 1:
        raise typer.BadParameter(
            "goes with one export, not with several.", param_hint="--course-key"
        )
    key = None if course_key is None else parse_course_key(course_key)
    read = [read_course(path, course_key=key, algorithm=algorithm) for path in paths]
    _require_different(paths, read)
    if dry_run:
        with foreseen_report(report, on=paths) as tell:
            asyncio.run(_foresee(read, tell))
        return
    failures = asyncio.run(_publish(read))
    if failures:
        raise CommandRefused(
            "COMPUTATION_FAILED", f"{failures:,} learners could not be graded; see the log above."
        )


def _require_different(paths: list[Path], read: "list[ImportedCourse]") -> None:
    first: dict[str, Path] = {}
    for path, imported in zip(paths, read, strict=True):
        key = imported.content.course_key
        if (other := first.setdefault(key, path)) != path:
            raise DuplicateItem(f"{other} and {path} are both of {key}.")


async def _foresee(read: "list[ImportedCourse]", tell: "Tell") -> None:
    from cli.session import read_settings, session
    from resolvers.course_import import foresee_course

    async with session(read_settings()) as context:
        for imported in read:
            with progress_bars() as new_bar:
                foreseen = await foresee_course(
                    context, imported.content, tell=tell, progress=new_bar("previewing", None)
                )
            _tell_content(imported)
            await tell_foreseen(context, foreseen)


async def _publish(read: "list[ImportedCourse]") -> int:
    from cli.session import read_settings, session
    from resolvers.course_import import publish_course

    failures = 0
    async with session(read_settings()) as context:
        for imported in read:
            with progress_bars() as new_bar:
                published = await publish_course(
                    context, imported.content, progress=new_bar("regrading", None)
                )
            _tell(imported, published)
            failures += len(published.failures)
    return failures


def _tell_content(imported: "ImportedCourse") -> None:
    content = imported.content
    typer.echo(
        f"{content.course_key}: {len(content.structure.sections)} sections, "
        f"{len(content.subsections)} subsections, {len(content.problems)} problems, "
        f"{len(content.policy.assignment_types)} assignment types, {content.algorithm.value}"
    )
    for message in imported.messages:
        typer.echo(f"  warning: {message}")


def _tell(imported: "ImportedCourse", published: "Published") -> None:
    _tell_content(imported)
    tell_renamed(published.renamed)
    if not published.changed:
        typer.echo("  this content is published already")
    elif published.frozen:
        typer.echo("  published; its grades are frozen and stay as they are")
    else:
        typer.echo(f"  published; {published.regraded:,} grades recomputed")
    for failure in published.failures:
        typer.echo(f"  learner {failure.learner_id}: {failure.message}", err=True)
