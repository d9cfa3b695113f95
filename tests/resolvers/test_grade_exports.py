import csv
import io
from collections.abc import Mapping
from datetime import timedelta

import pytest

from db.courses import StoredCourse, publish
from db.enrollments import Enrollment, save_enrollments
from db.grade_exports import ExportFormat, delete_expired_parts
from db.grade_jobs import JobState
from db.learners import Learner, save_learners
from db.sql import fetch
from grading import (
    Computation,
    CourseContent,
    CourseNotFound,
    ExportExpired,
    ExportNotReady,
    Forbidden,
    FormatUnavailable,
    JobNotFound,
    LearnerId,
    SubsectionGrade,
    TooManyItems,
    UsageKey,
    compute,
)
from resolvers import grade_exports, grade_jobs
from resolvers.access import ANONYMOUS, Scope, ServiceGrant, Viewer
from resolvers.grade_exports import open_file, read_download, start_export
from resolvers.grade_jobs import find_job
from resolvers.gradebook_filter import GradebookFilter
from resolvers.job_running import run_chunk
from tests.factories import (
    LEARNER,
    NOW,
    STAFF,
    content_of,
    context_of,
    publish_content,
    record,
    subsection,
)
from tests.resolvers.exchanging import LATER, content_of_file, exported, finished

SERVICE = Viewer("reader", service=ServiceGrant(frozenset({Scope.GRADES_READ})))
ADA, BEA, CYD = LearnerId(1), LearnerId(2), LearnerId(3)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """Ada has scores, Bea has none, Cyd has left."""
    course = await publish_content()
    people = [
        Learner(ADA, "ada", "Ada, the\nfirst", "ada@example.com", "key-1"),
        Learner(BEA, "=2+5", None, None, None),
        Learner(CYD, "cyd"),
    ]
    await save_learners(people, now=NOW)
    enrolled = [
        Enrollment(course.id, ADA, mode="verified", cohort="Ünï, one"),
        Enrollment(course.id, BEA, mode="audit"),
        Enrollment(course.id, CYD, active=False),
    ]
    await save_enrollments(enrolled, now=NOW)
    await record(course, ADA, {"hw1_1": 1, "exam_1": 0.5})
    return course


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


async def test_the_grade_report_has_the_columns_of_open_edx(course: StoredCourse) -> None:
    ada, bea = table(await exported(course, ExportFormat.GRADE_REPORT))

    assert ada == {
        "Student ID": "1",
        "Email": "ada@example.com",
        "Username": "ada",
        "Grade": "0.4",
        "Homework 1: hw1": "0.5",
        "Homework 2: hw2": "Not Attempted",
        "Homework (Avg)": "0.25",
        "Exam": "0.5",
        "Cohort Name": "Ünï, one",
        "Enrollment Track": "verified",
        "Enrollment Status": "enrolled",
    }
    assert (bea["Username"], bea["Grade"], bea["Exam"]) == ("'=2+5", "0", "Not Attempted")


async def test_the_problem_report_has_points_of_every_problem(course: StoredCourse) -> None:
    ada, bea = table(await exported(course, ExportFormat.PROBLEM_REPORT))

    points = {name.rpartition(" - ")[2]: cell for name, cell in ada.items() if " - " in name}
    assert list(points.values()) == ["1", "1", *["Not Attempted", "1"] * 3, "0.5", "1"]
    assert set(bea.values()) >= {"Not Attempted", "1", "enrolled"}


async def test_learners_who_have_left_are_in_the_file_if_asked_for(course: StoredCourse) -> None:
    wanted = GradebookFilter(include_inactive=True)

    rows = table(await exported(course, ExportFormat.GRADE_REPORT, wanted))

    assert [(row["Username"], row["Enrollment Status"]) for row in rows] == [
        ("ada", "enrolled"),
        ("'=2+5", "enrolled"),
        ("cyd", "unenrolled"),
    ]


async def test_a_file_is_whole_however_it_was_cut(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await exported(course, ExportFormat.OVERRIDES)
    monkeypatch.setattr(grade_exports, "CHUNK", 1)

    assert await exported(course, ExportFormat.OVERRIDES) == whole
    assert await fetch("select count(*) from job_chunk") == [(3,)]


async def test_a_course_published_meanwhile_moves_no_column(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_exports, "CHUNK", 1)
    job = await start_export(context_of(now=LATER), course, ExportFormat.GRADE_REPORT)
    await run_chunk(context_of(now=LATER))
    await publish(content_of([subsection("new", "Exam")]), now=LATER)
    await finished(job)

    rows = table(await content_of_file(await open_file(context_of(now=LATER), job.id)))

    assert [row["Enrollment Status"] for row in rows] == ["enrolled", "enrolled"]


async def test_exporting_changes_no_grade_and_announces_nothing(course: StoredCourse) -> None:
    before = [await fetch(f"select * from {table}") for table in ("course_grade", "grade_event")]

    await exported(course, ExportFormat.GRADE_REPORT)

    after = [await fetch(f"select * from {table}") for table in ("course_grade", "grade_event")]
    assert after == before


async def test_only_readers_of_all_grades_ask_for_a_file(course: StoredCourse) -> None:
    with pytest.raises(Forbidden):
        await start_export(context_of(LEARNER), course, ExportFormat.GRADE_REPORT)
    with pytest.raises(CourseNotFound):
        await start_export(context_of(ANONYMOUS), course, ExportFormat.GRADE_REPORT)
    assert await fetch("select count(*) from grade_job") == [(0,)]


async def test_a_file_is_for_those_who_may_see_all_that_it_tells(course: StoredCourse) -> None:
    job = await finished(
        await start_export(context_of(now=LATER), course, ExportFormat.GRADE_REPORT)
    )
    without = await finished(
        await start_export(context_of(SERVICE, now=LATER), course, ExportFormat.GRADE_REPORT)
    )

    assert await read_download(context_of(now=LATER), job) == f"/exports/{job.id}"
    for viewer, number in ((LEARNER, job.id), (ANONYMOUS, job.id), (SERVICE, job.id), (STAFF, 99)):
        with pytest.raises(JobNotFound):
            await open_file(context_of(viewer, now=LATER), number)
    assert await read_download(context_of(SERVICE, now=LATER), job) is None
    assert await find_job(context_of(SERVICE), without.id) is not None
    (ada, _) = table(
        await content_of_file(await open_file(context_of(SERVICE, now=LATER), without.id))
    )
    assert ada["Email"] == ""


async def test_a_file_is_not_had_before_it_is_complete(course: StoredCourse) -> None:
    job = await start_export(context_of(now=LATER), course, ExportFormat.GRADE_REPORT)

    assert await read_download(context_of(now=LATER), job) is None
    with pytest.raises(ExportNotReady):
        await open_file(context_of(now=LATER), job.id)
    cancelled = await grade_jobs.cancel(context_of(now=LATER), course, job)
    assert cancelled.state is JobState.CANCELLED
    with pytest.raises(ExportNotReady):
        await open_file(context_of(now=LATER), job.id)


async def test_a_file_expires(course: StoredCourse) -> None:
    job = await finished(
        await start_export(context_of(now=LATER), course, ExportFormat.GRADE_REPORT)
    )
    end = LATER + timedelta(hours=24)
    begun = await open_file(context_of(now=LATER), job.id)

    assert await delete_expired_parts(now=end) == 0
    with pytest.raises(ExportExpired):
        await open_file(context_of(now=end), job.id)
    assert await read_download(context_of(now=end), job) is None
    assert await delete_expired_parts(now=end + timedelta(seconds=1)) == 2
    with pytest.raises(ExportExpired):
        await content_of_file(begun)


async def test_a_file_that_would_be_too_large_is_refused(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_exports, "MAX_CELLS", 41)

    with pytest.raises(TooManyItems, match="42 cells"):
        await start_export(context_of(), course, ExportFormat.OVERRIDES)


async def test_one_learner_who_cannot_be_told_of_stops_nobody(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([True, False])

    def failing(content: CourseContent, grades: Mapping[UsageKey, SubsectionGrade]) -> Computation:
        if next(calls):
            raise ZeroDivisionError
        return compute(content, grades)

    monkeypatch.setattr("resolvers.grade_exporting.compute", failing)
    job = await finished(
        await start_export(context_of(now=LATER), course, ExportFormat.GRADE_REPORT)
    )

    assert (job.state, job.processed, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 2, 1)
    (error,), _ = await grade_jobs.read_errors(context_of(), course, job, first=9, after=0)
    assert (error.learner_id, error.code) == (ADA, "COMPUTATION_FAILED")
    (row,) = table(await content_of_file(await open_file(context_of(now=LATER), job.id)))
    assert row["Student ID"] == "2"


async def test_without_its_library_parquet_is_refused(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("formats.grades_parquet.find_spec", lambda _: None)

    with pytest.raises(FormatUnavailable):
        await start_export(context_of(), course, ExportFormat.PARQUET)


async def test_a_class_without_learners_has_a_file_of_columns(database: str) -> None:
    course = await publish_content()

    assert table(await exported(course, ExportFormat.GRADE_REPORT)) == []
    assert b"Student ID" in await exported(course, ExportFormat.GRADE_REPORT)
