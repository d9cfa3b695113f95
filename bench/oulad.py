"""The Open University's 22 presentations: imported and graded by the product's own functions."""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import row
from db.sql import fetch
from formats.csv_rows import open_csv
from formats.learners_csv import read_learners
from formats.olx import read_course
from formats.scores_csv import read_scores
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.course_import import publish_course
from resolvers.learner_import import import_learners
from resolvers.score_import import import_scores

ROOT = Path(__file__).parent.parent
SOURCE = ROOT.parent / "shared" / "data" / "oulad"


async def measure() -> None:
    """Print the times of the import into the connected database; nothing where data is absent."""
    if not SOURCE.is_dir():
        row("OULAD import", "", "left out", "needs ../shared/data/oulad")
        return
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "oulad"
        convert = [sys.executable, "examples/oulad/convert.py", str(SOURCE), str(converted)]
        subprocess.run(convert, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        await _import(converted)


async def _import(folder: Path) -> None:
    context = Context(Viewer("bench", global_staff=True), lambda: datetime.now(UTC))
    begun = time.perf_counter()
    exports = sorted((folder / "courses").iterdir())
    for export in exports:
        await publish_course(context, read_course(export).content)
    published = time.perf_counter()
    learners = await import_learners(context, read_learners(open_csv(folder / "learners.csv")))
    enrolled = time.perf_counter()
    scores = await import_scores(context, lambda: read_scores(open_csv(folder / "scores.csv")))
    graded = time.perf_counter()
    if not (learners.stored and scores.stored) or scores.failed:
        raise SystemExit("OULAD was not imported whole.")
    ((enrollments,),) = await fetch("select count(*) from enrollment")
    ((grades,),) = await fetch("select count(*) from course_grade")
    row("OULAD: courses", len(exports), f"{published - begun:.1f} s", "")
    row("OULAD: enrolments", f"{enrollments:,}", f"{enrolled - published:.1f} s", "")
    row(
        "OULAD: scores recorded and graded",
        f"{scores.recorded:,}",
        f"{graded - enrolled:.1f} s",
        f"{grades:,} learners with a grade, the others never did anything",
    )
