"""``doctor --recompute``: stored grades that are not what their scores make."""

from cli import doctor_grades
from cli.finding import Verdict
from db.connection import connected
from db.sql import execute
from server.settings import Settings
from tests.factories import COURSE, enroll, publish_content, record


async def test_grades_that_differ_are_named_and_mended(database_url: str) -> None:
    settings = Settings.model_validate({"database_url": database_url})
    async with connected(database_url):
        course = await publish_content()
        (ada,) = await enroll(course)
        await record(course, ada, {"exam_1": 1})
        await execute("update course_grade set percent = 0.99")

    (found,) = await doctor_grades.findings(settings, mend=False)
    assert found.verdict is Verdict.WRONG
    assert found.sentence.startswith(
        f"Grades: learner 1 in {COURSE} has 99% and should have 60% (WRONG_FIGURES)."
    )
    (mended,) = await doctor_grades.findings(settings, mend=True)
    assert mended.verdict is Verdict.NOTE
    (healthy,) = await doctor_grades.findings(settings, mend=False)
    assert healthy.verdict is Verdict.FINE
