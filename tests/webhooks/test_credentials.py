"""The sink for Open edX's Credentials service."""

import pytest

from db.courses import StoredCourse
from db.sql import execute
from grading import EventKind, InvalidInput, LearnerId
from resolvers.webhooks import WebhookKind, WebhookWishes, register
from tests.factories import NOW, record
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.running import LOOPBACK, context_now, delivering, registered, until_lag_is_none

ADA, BEA = LearnerId(1), LearnerId(2)


async def test_credentials_is_sent_the_stored_grade_of_learners_in_paid_tracks(
    course: StoredCourse,
) -> None:
    await execute("update enrollment set mode = 'verified' where learner_id = 1")
    await execute("update enrollment set mode = 'audit' where learner_id = 2")
    async with receiving() as receiver, delivering():
        kept = await registered(receiver, WebhookKind.CREDENTIALS, authorization="JWT abc.def.ghi")
        await record(course, BEA, {"exam_1": 1})
        await record(course, ADA, {"exam_1": 1})
        await until_lag_is_none(kept.webhook)
        (one,) = receiver.received

    assert one.headers["authorization"] == "JWT abc.def.ghi"
    assert one.headers["content-type"] == "application/json"
    assert one.json == {
        "username": "learner-001",
        "course_run": course.key,
        "letter_grade": "C",
        "percent_grade": 0.6,
        "verified": True,
        "lms_last_updated_at": NOW.isoformat(),
    }


async def test_the_latest_grade_wins_and_no_letter_is_empty(course: StoredCourse) -> None:
    await execute("update enrollment set mode = 'masters'")
    async with receiving() as receiver:
        kept = await registered(receiver, WebhookKind.CREDENTIALS)
        await record(course, ADA, {"exam_1": 1})
        await record(course, BEA, {"exam_1": 1})
        await record(course, ADA, {"exam_1": 0})
        async with delivering():
            await until_lag_is_none(kept.webhook)

    told = [(one.json["username"], one.json["letter_grade"]) for one in receiver.received]
    assert told == [("learner-002", "C"), ("learner-001", "")]


@pytest.mark.parametrize(
    "wishes",
    [
        pytest.param({"batch_size": 2}, id="batches"),
        pytest.param({"kinds": {EventKind.SUBSECTION_GRADE_CHANGED}}, id="other kinds"),
        pytest.param({"modes": []}, id="no mode"),
        pytest.param({"modes": ["Verified!"]}, id="no mode's name"),
        pytest.param({"authorization": "a\r\nHost: b"}, id="two headers"),
        pytest.param({"authorization": ""}, id="an empty header"),
    ],
)
async def test_what_credentials_cannot_take_is_refused(
    course: StoredCourse, wishes: WebhookWishes
) -> None:
    url = Receiver(port=9).url
    with pytest.raises(InvalidInput):
        await register(
            context_now(targets=LOOPBACK), WebhookKind.CREDENTIALS, {"url": url, **wishes}
        )
