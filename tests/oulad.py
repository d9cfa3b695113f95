"""The Open University's classes in the database, by the product's own imports."""

from pathlib import Path

from examples.oulad.convert import convert
from formats.csv_rows import open_csv
from formats.learners_csv import read_learners
from formats.olx import read_course
from formats.scores_csv import read_scores
from resolvers.course_import import publish_course
from resolvers.courses import StoredCourse
from resolvers.learner_import import import_learners
from resolvers.score_import import import_scores
from tests.factories import context_of


async def import_oulad(source: Path, folder: Path) -> list[StoredCourse]:
    """Convert its tables into a folder, and import that: courses, learners, graded scores."""
    convert(source, folder)
    context = context_of()
    published = [
        (await publish_course(context, read_course(export).content)).course
        for export in sorted((folder / "courses").iterdir())
    ]
    await import_learners(context, read_learners(open_csv(folder / "learners.csv")))
    await import_scores(context, lambda: read_scores(open_csv(folder / "scores.csv")))
    return published
