import csv
import io

import pytest

from db.courses import StoredCourse
from db.enrollments import Enrollment, save_enrollments
from db.grade_exports import ExportFormat
from db.grade_imports import delete_old_lines
from db.grade_jobs import GradeJob, JobState
from db.job_chunks import claim_chunk, split_chunk
from db.learners import Learner, save_learners
from db.sql import fetch
from grading import Forbidden, GradesFrozen, InvalidInput, LearnerId, OverrideSystem, TooManyItems
from resolvers import grade_imports, grade_jobs
from resolvers.freezing import set_frozen
from resolvers.grade_imports import ImportedLine, ImportRequest, read_lines, start_import
from resolvers.gradebook_filter import GradebookFilter
from resolvers.learners import LearnerRef
from resolvers.overrides import OverrideRequest, OverrideValues, change_override
from tests.factories import (
    COURSE,
    LEARNER,
    NOW,
    STAFF,
    context_of,
    publish_content,
    record,
    subsection_key,
)
from tests.invariants import broken_rules
from tests.resolvers.exchanging import LATER, exported, finished, imported
from tests.schema.execution import everything_stored

ADA, BEA, CYD, DAN = (LearnerId(number) for number in range(1, 5))
COLUMNS = "user_id,course_id,new_override-hw1,new_override-hw2,new_override-exam"
EVERYBODY = GradebookFilter(include_inactive=True)
# What a job is made of; everything else of the database is about grades.
OF_JOBS = {"grade_job", "job_chunk", "job_export", "job_file_part", "job_import", "import_line"}


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """Ada and Bea have scores, Cyd has left, Dan has done nothing."""
    course = await publish_content()
    people = [
        Learner(ADA, "ada", 'Ada "the\nfirst", of many', "ada@example.com", "key,1"),
        Learner(BEA, "=beä", "Bea\r\nB", None, None),
        Learner(CYD, "cyd"),
        Learner(DAN, "学生"),
    ]
    await save_learners(people, now=NOW)
    enrolled = [
        Enrollment(course.id, ADA, mode="verified", cohort="one,\ntwo"),
        Enrollment(course.id, BEA, mode="=1+1"),
        Enrollment(course.id, CYD, active=False),
        Enrollment(course.id, DAN),
    ]
    await save_enrollments(enrolled, now=NOW)
    await record(course, ADA, {"hw1_1": 1, "exam_1": 1 / 3})
    await record(course, BEA, {"hw2_2": 0.1})
    return course


async def override(course: StoredCourse, learner_id: LearnerId, name: str, earned: float) -> None:
    request = OverrideRequest(
        LearnerRef("user_id", str(learner_id)),
        subsection_key(name),
        OverrideValues(earned, earned_all=0.5),
        reason="a, reason\nof two lines",
    )
    await change_override(context_of(), course, request, key=None)


def file_of(*lines: str, columns: str = COLUMNS) -> str:
    return "\n".join([columns, *(line.replace("KEY", COURSE) for line in lines), ""])


async def grades_stored() -> dict[str, object]:
    return {name: rows for name, rows in (await everything_stored()).items() if name not in OF_JOBS}


async def lines_of(course: StoredCourse, job: GradeJob) -> list[ImportedLine]:
    return (await read_lines(context_of(), course, job, first=100, after=0))[0]


async def test_an_exported_and_imported_gradebook_changes_nothing(course: StoredCourse) -> None:
    await override(course, ADA, "hw2", 2 / 3)
    await override(course, DAN, "exam", 0)
    before = await grades_stored()

    text = (await exported(course, ExportFormat.OVERRIDES, EVERYBODY)).decode()
    job = await imported(course, text)

    assert (job.state, job.total, job.processed, job.saved, job.failed) == (
        *(JobState.COMPLETED, 4, 4, 0, 0),
    )
    assert await grades_stored() == before


async def test_overrides_written_back_as_new_ones_change_nothing(course: StoredCourse) -> None:
    await override(course, ADA, "hw2", 2 / 3)
    await override(course, DAN, "exam", 0)
    before = await grades_stored()
    text = (await exported(course, ExportFormat.OVERRIDES, EVERYBODY)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        for name in ("hw1", "hw2", "exam"):
            row[f"new_override-{name}"] = row[f"previous_override-{name}"]
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0])
    writer.writeheader()
    writer.writerows(rows)

    job = await imported(course, written.getvalue())

    assert "0.6666666666666666" in written.getvalue()
    assert (job.state, job.saved) == (JobState.COMPLETED, 0)
    assert await grades_stored() == before


async def test_an_import_sets_and_removes_overrides_with_history_and_events(
    course: StoredCourse,
) -> None:
    await override(course, BEA, "exam", 1)
    last = (await fetch("select max(id) from grade_event"))[0][0]

    job = await imported(course, file_of("1,KEY,2,,", "2,KEY,,,remove", "4,KEY,,,"), reason="Board")

    assert (job.state, job.total, job.saved) == (JobState.COMPLETED, 3, 2)
    entries = await fetch(
        "select learner_id, action, earned_graded, possible_graded, earned_all, system, reason,"
        " actor from override_entry where reason = 'Board' order by learner_id"
    )
    made = (OverrideSystem.BULK_IMPORT.value, "Board", STAFF.name)
    assert [tuple(row)[:2] for row in entries] == [(1, "CREATED"), (2, "DELETED")]
    assert tuple(entries[0])[2:] == (2.0, None, None, *made)
    told = await fetch(
        "select distinct cause, actor, correlation_id from grade_event where id > $1", last
    )
    assert [tuple(row) for row in told] == [("BULK_IMPORT", STAFF.name, job.correlation_id)]
    ada, bea, dan = await lines_of(course, job)
    assert ada.changes == {
        "grades": {
            subsection_key("hw1"): [
                {"earned": 1.0, "possible": 2.0},
                {"earned": 2.0, "possible": 2.0},
            ]
        },
        "before": 0.3,
        "after": 0.4,
    }
    assert bea.changes is not None
    assert bea.changes["grades"][subsection_key("exam")][1] is None
    assert dan.changes == {"grades": {}, "before": None, "after": None}
    assert await broken_rules() == []


async def test_the_same_file_again_changes_nothing(course: StoredCourse) -> None:
    text = file_of("1,KEY,2,,0.25", "4,KEY,1,,")
    await imported(course, text)
    before = await grades_stored()

    again = await imported(course, text, reason="another")

    assert (again.state, again.saved) == (JobState.COMPLETED, 0)
    assert await grades_stored() == before


async def test_each_line_that_cannot_be_right_has_its_reason(course: StoredCourse) -> None:
    text = file_of(
        *("1,KEY,2,,", "1,KEY,1,,", "9,KEY,1,,", "2,course-v1:X+Y+Z,1,,", "x,KEY,,,"),
        *("2,KEY,much,,", "2,KEY,-1,,", "2,KEY,1,,2", "4,KEY,1"),
    )

    job = await imported(course, text)

    assert (job.state, job.total, job.processed, job.saved, job.failed) == (
        *(JobState.COMPLETED_WITH_ERRORS, 9, 9, 1, 8),
    )
    errors, more = await grade_jobs.read_errors(context_of(), course, job, first=100, after=0)
    assert [(one.line, one.learner_id, one.code) for one in errors] == [
        (3, 1, "DUPLICATE_ITEM"),
        (4, None, "LEARNER_NOT_ENROLLED"),
        (5, 2, "INVALID_INPUT"),
        (6, None, "INVALID_INPUT"),
        (7, None, "INVALID_INPUT"),
        (8, None, "SCORE_OUT_OF_RANGE"),
        (9, 2, "SCORE_OUT_OF_RANGE"),
        (10, None, "INVALID_INPUT"),
    ]
    assert not more
    # Nothing of a line is done if a part of it cannot be.
    assert await fetch("select learner_id from override_entry") == [(1,)]


async def test_a_dry_run_says_what_would_change_and_changes_nothing(course: StoredCourse) -> None:
    before = await grades_stored()

    job = await imported(course, file_of("1,KEY,2,,", "9,KEY,1,,"), dry_run=True)

    assert (job.state, job.saved, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 1, 1)
    assert await grades_stored() == before
    ada, nobody = await lines_of(course, job)
    assert ada.changes is not None
    assert (ada.changes["before"], ada.changes["after"]) == (0.3, 0.4)
    assert nobody.error is not None


@pytest.mark.parametrize("fault", ["9,KEY,1,,", "2,KEY,3,,", "2,KEY,much,,"])
async def test_all_or_nothing_is_nothing_if_a_line_is_refused(
    course: StoredCourse, fault: str
) -> None:
    before = await grades_stored()

    job = await imported(course, file_of("1,KEY,2,,", fault), all_or_nothing=True)

    assert (job.state, job.saved, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 0, 2)
    assert await grades_stored() == before
    assert [one.error is None for one in await lines_of(course, job)] == [False, False]


async def test_all_or_nothing_is_all_if_no_line_is(course: StoredCourse) -> None:
    job = await imported(course, file_of("1,KEY,2,,", "2,KEY,2,,"), all_or_nothing=True)

    assert (job.state, job.saved) == (JobState.COMPLETED, 2)


async def test_all_or_nothing_is_nothing_once_its_chunk_was_split(course: StoredCourse) -> None:
    before = await grades_stored()
    text = file_of("1,KEY,2,,", "2,KEY,2,,")
    request = ImportRequest(text.splitlines(), all_or_nothing=True)
    job = await start_import(context_of(now=LATER), course, request)
    chunk = await claim_chunk(now=LATER, lease_until=LATER)
    assert chunk is not None
    await split_chunk(chunk)

    done = await finished(job)

    assert (done.processed, done.saved, done.failed) == (2, 0, 2)
    assert await grades_stored() == before


async def test_frozen_grades_take_nothing_in(course: StoredCourse) -> None:
    text = file_of("1,KEY,2,,")
    job = await start_import(context_of(), course, ImportRequest(text.splitlines()))
    await set_frozen(context_of(), course, frozen=True)
    before = await grades_stored()

    done = await finished(job)
    with pytest.raises(GradesFrozen):
        await start_import(context_of(), course, ImportRequest(text.splitlines()))

    assert (done.state, done.failed) == (JobState.COMPLETED_WITH_ERRORS, 1)
    assert [one.error and one.error[0] for one in await lines_of(course, done)] == ["GRADES_FROZEN"]
    assert await grades_stored() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("user_id,new_override-hw1\n", "Missing: course_id"),
        (file_of(columns="user_id,course_id,new_override-nothere"), "Unknown"),
    ],
)
async def test_a_file_of_other_columns_is_refused(
    course: StoredCourse, text: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        await start_import(context_of(), course, ImportRequest(text.splitlines(keepends=True)))
    assert refused.value.field == ("csv",)
    assert await fetch("select count(*) from grade_job") == [(0,)]


async def test_files_have_a_limit(course: StoredCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grade_imports, "MAX_LINES", 1)
    monkeypatch.setattr(grade_imports, "MOST_TOGETHER", 2)
    lines = file_of("1,KEY,,,", "2,KEY,,,").splitlines()

    await start_import(context_of(), course, ImportRequest(lines, all_or_nothing=True))
    with pytest.raises(TooManyItems):
        await start_import(context_of(), course, ImportRequest(lines))
    with pytest.raises(InvalidInput):
        await start_import(context_of(), course, ImportRequest(lines, reason="x" * 301))


async def test_only_editors_take_files_in(course: StoredCourse) -> None:
    with pytest.raises(Forbidden):
        await start_import(context_of(LEARNER), course, ImportRequest([COLUMNS]))


async def test_lines_are_kept_for_a_while(course: StoredCourse) -> None:
    await imported(course, file_of("1,KEY,2,,", "2,KEY,,,"))

    assert await delete_old_lines(older_than=LATER) == 0
    assert await delete_old_lines(older_than=LATER.replace(year=2027)) == 2
