"""The verdict of a run of faults finds what it is for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from db.courses import StoredCourse
from db.event_log import LoggedEvent
from grading import CourseGradeChanged, LearnerId
from tests.delivery.scenery import course_and_learners, set_the_scene
from tests.delivery.verdict import committed
from tests.factories import NOW, problem_key, record
from tests.faults.claims import Answer, Claims, Sent, Shown
from tests.faults.verdict import broken_chains, faults_of, faults_of_grades, faults_of_scores, twice

ADA = LearnerId(1)
EXAM = problem_key("exam_1")
PLACE = (ADA, EXAM)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    await set_the_scene()
    course, _ = await course_and_learners()
    return course


def claimed(*scores: tuple[float, Answer]) -> Claims:
    return Claims(sent=[Sent(ADA, EXAM, earned, NOW, answer) for earned, answer in scores])


async def two_scores(course: StoredCourse) -> Sequence[LoggedEvent]:
    for earned in (0.25, 0.75):
        await record(course, ADA, {"exam_1": earned})
    return await committed()


async def test_what_is_stored_as_it_was_told_has_no_fault(course: StoredCourse) -> None:
    log = await two_scores(course)
    claims = claimed((0.25, Answer.ACKNOWLEDGED), (0.75, Answer.ACKNOWLEDGED))
    for event in log:
        if isinstance(change := event.change, CourseGradeChanged):
            claims.shown.add(Shown(ADA, change.version, change.after.percent))

    assert len(claims.shown) == 2
    assert await faults_of(claims) == []


@pytest.mark.parametrize(
    ("sent", "stored", "faults"),
    [
        pytest.param([(0.5, Answer.ACKNOWLEDGED)], None, 1, id="lost"),
        pytest.param([(0.5, Answer.ACKNOWLEDGED)], 0.5, 0, id="kept"),
        pytest.param([(0.5, Answer.UNKNOWN)], None, 0, id="unknown and not stored"),
        pytest.param([(0.5, Answer.UNKNOWN)], 0.5, 0, id="unknown and stored"),
        pytest.param([(0.5, Answer.REFUSED)], 0.5, 1, id="refused and stored"),
        pytest.param(
            [(0.5, Answer.UNKNOWN), (0.6, Answer.ACKNOWLEDGED)], 0.5, 1, id="an older one instead"
        ),
        pytest.param(
            [(0.5, Answer.ACKNOWLEDGED), (0.6, Answer.UNKNOWN)], 0.6, 0, id="a newer one instead"
        ),
        pytest.param([], 0.5, 1, id="never sent"),
    ],
)
def test_a_score_must_be_the_last_acknowledged_or_a_newer_one(
    sent: list[tuple[float, Answer]], stored: float | None, faults: int
) -> None:
    there = {} if stored is None else {PLACE: stored}

    assert len(list(faults_of_scores(claimed(*sent), there))) == faults


async def test_a_grade_that_was_never_committed_is_found(course: StoredCourse) -> None:
    log = await two_scores(course)
    claims = Claims(shown={Shown(ADA, 3, 0.9)})

    assert len(list(faults_of_grades(claims, log))) == 1


async def test_an_operation_that_was_carried_out_twice_is_found(course: StoredCourse) -> None:
    log = await two_scores(course)
    assert list(twice(log)) == []

    again = [replace(event, origin=log[0].origin) for event in log]

    assert any("is 2 times in the log" in fault for fault in twice(again))


async def test_a_change_that_is_missing_from_the_log_is_found(course: StoredCourse) -> None:
    log = await two_scores(course)
    assert list(broken_chains(log)) == []

    last = [event for event in log if event.change.version == 2]

    assert len(list(broken_chains(last))) >= 4


async def test_a_bug_that_was_told_is_a_fault(course: StoredCourse) -> None:
    claims = Claims()

    claims.trouble({"errors": [{"message": "no", "extensions": {"code": "INTERNAL_ERROR"}}]})
    claims.trouble({"errors": [{"message": "no", "extensions": {"code": "TIMEOUT"}}]})
    claims.trouble({"errors": [{"message": "no"}]})

    assert len(await faults_of(claims)) == 2
