"""A real class, from the Open University's tables to grades that are computed again here."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.course_grades import course_grades
from examples.oulad.convert import convert
from formats.csv_rows import open_csv
from formats.learners_csv import read_learners
from formats.olx import read_course
from formats.scores_csv import read_scores
from grading import LearnerId
from resolvers.course_grades import iterate
from resolvers.course_import import publish_course
from resolvers.courses import StoredCourse
from resolvers.learner_import import LearnersImported, import_learners
from resolvers.score_import import import_scores
from tests.factories import context_of
from tests.invariants import broken_rules
from tests.resolvers.stored_rows import counts
from tests.shared_material import OULAD_SLICE, csv_rows, requires_shared

pytestmark = [pytest.mark.shared, requires_shared]

PASS_MARK = 0.4


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The slice in the formats that we import."""
    folder = tmp_path_factory.mktemp("oulad") / "out"
    convert(OULAD_SLICE, folder)
    return folder


@pytest.fixture
async def course(database: str, converted: Path) -> StoredCourse:
    """The presentation with its learners."""
    published = await publish_course(
        context_of(), read_course(converted / "courses" / "AAA-2013J").content
    )
    imported = await import_learners(
        context_of(), read_learners(open_csv(converted / "learners.csv"))
    )
    assert imported == LearnersImported(
        stored=True, lines=383, learners_added=383, enrollments_added=383
    )
    return published.course


def _marks() -> Iterator[tuple[LearnerId, str, float]]:
    for row in csv_rows(OULAD_SLICE / "studentAssessment.csv"):
        if row["score"] not in {"", "?"}:
            yield LearnerId(int(row["id_student"])), row["id_assessment"], float(row["score"])


def _expected_percents() -> dict[LearnerId, float]:
    """Weigh everybody's marks in plain Python."""
    weights = {
        row["id_assessment"]: float(row["weight"]) / 100
        for row in csv_rows(OULAD_SLICE / "assessments.csv")
        if row["assessment_type"] != "Exam"  # has no marks
    }
    totals: dict[LearnerId, float] = defaultdict(float)
    for learner_id, assessment, mark in _marks():
        totals[learner_id] += weights[assessment] * mark / 100
    return {learner_id: round(total + 0.0005, 2) for learner_id, total in totals.items()}


async def test_every_learners_percent_is_the_weighed_sum_of_the_marks(
    course: StoredCourse, converted: Path
) -> None:
    imported = await import_scores(
        context_of(), lambda: read_scores(open_csv(converted / "scores.csv"))
    )

    expected = _expected_percents()
    number = sum(1 for _ in _marks())
    assert (imported.stored, imported.recorded, imported.graded) == (True, number, len(expected))
    assert (imported.refused, imported.outdated, imported.unchanged) == ((), 0, 0)
    grades = await course_grades([course.id], expected)
    assert {learner_id: grade.percent for (_, learner_id), grade in grades.items()} == expected
    assert all(grade.passed == (grade.percent >= PASS_MARK) for grade in grades.values())
    assert (await counts())["course_grade"] == len(expected)
    assert await broken_rules() == []


async def test_a_regrade_goes_through_everybody_enrolled_and_changes_nothing(
    course: StoredCourse, converted: Path
) -> None:
    await import_scores(context_of(), lambda: read_scores(open_csv(converted / "scores.csv")))
    before = await course_grades([course.id], _expected_percents())

    results = [
        result async for chunk in iterate(context_of(), course, force=True) for result in chunk
    ]

    assert len({result.learner_id for result in results}) == 383
    assert [result.error for result in results if result.error is not None] == []
    assert await course_grades([course.id], _expected_percents()) == before
