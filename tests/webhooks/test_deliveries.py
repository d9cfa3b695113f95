"""Deliveries to receivers that fail, hang, are slow and come back."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.responses import RedirectResponse, Response

import resolvers.delivering
from db.courses import StoredCourse
from db.event_log import Origin, append_events
from db.event_log_state import prune_events
from db.sql import execute
from db.webhooks import WebhookState, webhook_states, webhooks
from grading import (
    Cause,
    CourseGradeChanged,
    CourseGradeSnapshot,
    EventKind,
    LearnerId,
    PassingStatus,
    SeenGrades,
)
from resolvers.delivering import BACKOFF, LONGEST_PAUSE, Answer, deliver, find_due, pause_after
from resolvers.learners import LearnerRef
from resolvers.webhooks import WebhookKind, read_lag, retry, update
from server.metrics import process_metrics
from server.webhook_client import MAX_ANSWER
from tests.factories import NOW, record
from tests.webhooks.receiver import SOON, Received, Receiver, receiving
from tests.webhooks.running import (
    context_now,
    delivering,
    logged_ids,
    present,
    registered,
    until_lag_is_none,
)

pytestmark = pytest.mark.slow  # each test waits for deliveries

ADA, BEA = LearnerId(1), LearnerId(2)


@pytest.fixture(autouse=True)
def tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolvers.delivering, "BACKOFF", timedelta(milliseconds=20))
    monkeypatch.setattr(resolvers.delivering, "LONGEST_PAUSE", timedelta(milliseconds=80))


async def play(course: StoredCourse, rounds: int = 3, *, begin: int = 1) -> list[str]:
    """Let two learners' grades change; return the ids of all events."""
    for number in range(begin, begin + rounds):
        for learner_id in (ADA, BEA):
            at = NOW + timedelta(minutes=number)
            await record(course, learner_id, {"exam_1": number / 10}, at=at)
    return await logged_ids()


async def test_each_event_is_delivered_once_and_in_the_logs_order(course: StoredCourse) -> None:
    async with receiving() as receiver, delivering():
        kept = await registered(receiver)
        ids = await play(course)
        assert await receiver.has_taken(len(ids)) == ids
        moved = await until_lag_is_none(kept.webhook)

    assert receiver.taken == ids
    assert (moved.state, moved.attempts, moved.last_status) == (WebhookState.ACTIVE, 0, 200)
    assert moved.delivered_at is not None
    assert await read_lag(moved) == 0


async def test_what_an_event_says(course: StoredCourse) -> None:
    async with receiving() as receiver, delivering():
        await registered(receiver, kinds=[EventKind.COURSE_GRADE_CHANGED])
        await record(course, ADA, {"exam_1": 1})
        (one,) = await receiver.has_received(1)

    assert one.headers["content-type"] == "application/cloudevents+json"
    body = one.json
    source, data = body.pop("source"), body.pop("data")
    assert source.startswith("urn:coursegrade:log:")
    assert body == {
        "specversion": "1.0",
        "id": one.headers["coursegrade-delivery"],
        "type": "COURSE_GRADE_CHANGED",
        "time": "2026-03-02T09:30:15.123456+00:00",
        "subject": f"{course.key}/1",
        "datacontenttype": "application/json",
    }
    assert data.pop("cursor")
    assert len(data.pop("correlationId")) == 32
    assert data == {
        "courseKey": course.key,
        "learner": {"userId": "1", "username": "learner-001", "externalUserKey": None},
        "version": 1,
        "before": None,
        "after": {
            "percent": 0.6,
            "letterGrade": "C",
            "passed": True,
            "passingStatus": "PASSING",
        },
        "firstTimePassed": True,
        "cause": "SCORE_RECORDED",
        "actor": "staff",
    }


async def test_what_comes_of_requests_is_counted(course: StoredCourse) -> None:
    metrics = process_metrics()
    counted = metrics._deliveries.labels

    def so_far() -> list[float]:
        return [counted("EVENTS", outcome)._value.get() for outcome in ("taken", "failed")]

    before = so_far()
    answers = [Response(status_code=500)]
    receiver = Receiver(answer=lambda _: answers.pop() if answers else Response())
    async with receiving(receiver), delivering(metrics=metrics):
        await registered(receiver)
        ids = await play(course, 1)
        await receiver.has_taken(len(ids))
        async with asyncio.timeout(SOON):
            while so_far() != [before[0] + len(ids), before[1] + 1]:
                await asyncio.sleep(0.01)

    assert await webhook_states() == {
        state: int(state is WebhookState.ACTIVE) for state in WebhookState
    }


async def test_what_changed_in_a_learners_sight_alone_is_not_delivered(
    course: StoredCourse,
) -> None:
    await execute("update enrollment set mode = 'verified'")
    grade = CourseGradeSnapshot(0.6, "C", passed=True, passing_status=PassingStatus.PASSING)
    seen = SeenGrades(None, grade, alone=True)
    origin = Origin(Cause.GRADE_UPDATED, "staff", "0" * 32)
    change = CourseGradeChanged(ADA, 1, grade, grade, first_time_passed=False, seen=seen)
    async with receiving() as receiver, delivering():
        kept = [await registered(receiver, kind) for kind in WebhookKind]
        await record(course, ADA, {"exam_1": 1})
        for one in kept:
            await until_lag_is_none(one.webhook)
        told = len(receiver.received)
        await append_events(course.id, [change], origin, now=NOW)
        for one in kept:
            await until_lag_is_none(one.webhook)

    assert len(receiver.received) == told > len(kept)


async def test_batches_are_arrays_that_end_where_the_log_does(course: StoredCourse) -> None:
    async with receiving() as receiver:
        await registered(receiver, batch_size=4)
        ids = await play(course)
        async with delivering():
            requests = await receiver.has_received(-(-len(ids) // 4))

    assert {one.headers["content-type"] for one in requests} == {
        "application/cloudevents-batch+json"
    }
    assert [event["id"] for one in requests for event in one.json] == ids
    assert [len(one.json) for one in requests[:-1]] == [4] * (len(requests) - 1)


async def test_only_what_was_asked_for_is_delivered(course: StoredCourse) -> None:
    async with receiving() as receiver, delivering():
        kept = await registered(
            receiver,
            kinds=[EventKind.COURSE_GRADE_CHANGED],
            learners=[LearnerRef("user_id", "2")],
            course_keys=[course.key],
        )
        await play(course)
        await receiver.has_taken(3)
        async with asyncio.timeout(10):
            while await read_lag(await present(kept.webhook)):
                await asyncio.sleep(0.01)

    told = [one.json for one in receiver.received]
    assert {(one["type"], one["data"]["learner"]["userId"]) for one in told} == {
        ("COURSE_GRADE_CHANGED", "2")
    }


def failing(answers: list[Response | None]) -> Iterator[Response | None]:
    yield from answers
    while True:
        yield Response()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Response("out of order", 500), id="500"),
        pytest.param(Response(status_code=404), id="404"),
        pytest.param(Response(status_code=304), id="304"),
        pytest.param(None, id="hangs"),
    ],
)
async def test_what_is_not_taken_is_sent_again_and_nothing_is_passed_over(
    course: StoredCourse, bad: Response | None
) -> None:
    answers = failing([Response(), bad, bad])
    async with (
        receiving(Receiver(answer=lambda _: next(answers))) as receiver,
        delivering(patience=0.5 if bad is None else 5),
    ):
        kept = await registered(receiver)
        ids = await play(course)
        assert await receiver.has_taken(len(ids)) == ids
        moved = await until_lag_is_none(kept.webhook)

    sent = [one.headers["coursegrade-delivery"] for one in receiver.received]
    assert Counter(sent) >= Counter(ids) + Counter({ids[1]: 2})
    assert (moved.attempts, moved.failing_since, moved.last_error) == (0, None, None)


async def test_a_receiver_that_restarts_gets_everything(course: StoredCourse) -> None:
    async with delivering():
        async with receiving() as receiver:
            await registered(receiver)
            ids = await play(course, 2)
            await receiver.has_taken(len(ids))
        first = set(ids)
        ids = await play(course, 4, begin=3)
        await asyncio.sleep(0.1)
        async with receiving(receiver):
            await receiver.has_taken(len(ids))

    assert receiver.taken == ids
    assert set(ids) > first


async def test_nobody_waits_for_a_receiver_that_hangs_or_is_slow(course: StoredCourse) -> None:
    hangs, slow, dead = Receiver(answer=lambda _: None), Receiver(pause=0.2), Receiver(port=9)
    async with (
        receiving(hangs),
        receiving(slow),
        receiving() as well,
        delivering(patience=15),
    ):
        for receiver in (hangs, dead, slow, well):
            await registered(receiver)
        ids = await play(course)
        # Less time than the one that hangs is waited for.
        async with asyncio.timeout(10):
            assert await well.has_taken(len(ids)) == ids
        assert len(hangs.received) == 1
        assert len(slow.taken) < len(ids)
        assert await slow.has_taken(len(ids)) == ids


async def test_a_webhook_that_fails_for_days_is_given_up_and_goes_on_where_it_stopped(
    course: StoredCourse,
) -> None:
    broken = Receiver(answer=lambda _: Response("we are\nclosed", 503))
    async with receiving(broken) as receiver:
        kept = await registered(receiver)
        ids = await play(course)
        async with delivering(give_up_after=timedelta(milliseconds=60)):
            await settled(kept.webhook.id, WebhookState.FAILED)
        failed = await present(kept.webhook)
        assert failed.attempts > 1
        assert failed.failing_since is not None
        assert (failed.last_status, failed.last_error) == (503, "503 we are closed")
        assert failed.place == kept.webhook.place
        assert await find_due(context_now()) == []

        broken.answer = lambda _: Response()
        again = await retry(context_now(), failed)
        assert (again.state, again.attempts) == (WebhookState.ACTIVE, 0)
        async with delivering():
            assert await receiver.has_taken(len(ids)) == ids


async def settled(webhook_id: int, state: WebhookState) -> None:
    """Wait until a webhook is in a state."""
    async with asyncio.timeout(10):
        while (await webhooks([webhook_id]))[webhook_id].state is not state:
            await asyncio.sleep(0.01)


async def test_an_event_that_nobody_can_take_may_be_left_out(course: StoredCourse) -> None:
    async with receiving(Receiver(answer=lambda _: Response(status_code=400))) as receiver:
        kept = await registered(receiver)
        ids = await play(course)
        async with delivering():
            await receiver.has_received(1)
        receiver.answer = lambda _: Response()
        await retry(context_now(), await present(kept.webhook), skip=True)
        async with delivering():
            assert await receiver.has_taken(len(ids) - 1) == ids[1:]


async def test_who_is_gone_is_not_asked_again(course: StoredCourse) -> None:
    async with receiving(Receiver(answer=lambda _: Response(status_code=410))) as receiver:
        kept = await registered(receiver)
        await play(course)
        async with delivering():
            await settled(kept.webhook.id, WebhookState.GONE)
            await asyncio.sleep(0.1)

    assert len(receiver.received) == 1
    assert (await present(kept.webhook)).place == kept.webhook.place


async def test_a_redirect_is_a_failure_and_is_not_followed(course: StoredCourse) -> None:
    async with receiving() as elsewhere:
        away = Receiver(answer=lambda _: RedirectResponse(elsewhere.url, 307))
        async with receiving(away) as receiver, delivering():
            kept = await registered(receiver)
            await play(course)
            await receiver.has_received(2)

    assert elsewhere.received == []
    assert (await present(kept.webhook)).last_status == 307


async def test_no_more_of_an_answer_is_kept_than_its_beginning_and_no_secret(
    course: StoredCourse,
) -> None:
    def echo(one: Received) -> Response:
        return Response(one.headers["authorization"] + "x" * 100 * MAX_ANSWER, 500)

    async with receiving(Receiver(answer=echo)) as receiver, delivering():
        kept = await registered(receiver, authorization="Bearer sesame-open")
        await play(course)
        await receiver.has_received(2)

    error = (await present(kept.webhook)).last_error or ""
    assert error.startswith("500 ***xxx")
    assert len(error) < 250
    assert "sesame" not in error
    assert "sesame" not in repr(await present(kept.webhook))


async def test_a_paused_webhook_waits_and_goes_on_where_it_was(course: StoredCourse) -> None:
    async with receiving() as receiver:
        kept = await registered(receiver)
        paused = (await update(context_now(), kept.webhook, {}, active=False)).webhook
        ids = await play(course)
        async with delivering():
            await asyncio.sleep(0.1)
        assert (paused.state, receiver.received) == (WebhookState.PAUSED, [])
        await update(context_now(), await present(paused), {}, active=True)
        async with delivering():
            assert await receiver.has_taken(len(ids)) == ids


async def test_the_log_is_pruned_whoever_has_not_read_it(course: StoredCourse) -> None:
    async with receiving() as receiver:
        kept = await registered(receiver)
        await play(course)
        assert await prune_events(older_than=NOW + timedelta(minutes=2)) > 0
        left = await logged_ids()
        async with delivering():
            await settled(kept.webhook.id, WebhookState.CURSOR_EXPIRED)
        assert receiver.received == []
        expired = await present(kept.webhook)
        assert "retryWebhook" in (expired.last_error or "")

        await retry(context_now(), expired)
        async with delivering():
            assert await receiver.has_taken(len(left)) == left


async def test_one_worker_at_a_time_delivers_to_a_webhook(course: StoredCourse) -> None:
    async with receiving(Receiver(pause=0.01)) as receiver:
        await registered(receiver)
        ids = await play(course)
        async with delivering(), delivering(), delivering():
            await receiver.has_taken(len(ids))
            await asyncio.sleep(0.1)

    assert [one.headers["coursegrade-delivery"] for one in receiver.received] == ids


async def test_who_lost_the_lease_moves_nothing(course: StoredCourse) -> None:
    kept = await registered(Receiver(port=9))
    await play(course)
    (due,) = await find_due(context_now())

    async def taken_over(*_: object) -> Answer:
        await execute("update webhook set claim = claim + 1")
        return Answer(200)

    await deliver(context_now(), due, taken_over)

    assert (await present(kept.webhook)).place == kept.webhook.place


async def test_what_cannot_be_made_into_a_request_is_a_failure_that_is_seen(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def faulty(*_: object) -> list[object]:
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(resolvers.delivering, "outgoing_of", faulty)
    kept = await registered(Receiver(port=9))
    await play(course)
    (due,) = await find_due(context_now())

    async def never(*_: object) -> Answer:
        raise AssertionError

    await deliver(context_now(), due, never)

    failed = await present(kept.webhook)
    assert (failed.attempts, failed.last_error) == (
        1,
        "The request could not be made; see the log.",
    )


async def test_a_webhook_without_events_for_it_is_moved_on_before_they_are_deleted(
    course: StoredCourse,
) -> None:
    kept = await registered(Receiver(port=9), kinds=[EventKind.COURSE_GRADE_NOW_FAILED])
    await record(course, ADA, {"exam_1": 1})
    await execute("update webhook set placed_at = $1", NOW - timedelta(days=1))
    (due,) = await find_due(context_now())

    async def never(*_: object) -> Answer:
        raise AssertionError

    await deliver(context_now(), due, never)

    moved = await present(kept.webhook)
    assert str(moved.place.id) == (await logged_ids())[-1]
    assert moved.delivered_at is None


def test_pauses_grow_to_some_hours_and_are_never_quite_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    for attempts in (1, 2, 5):
        longest = BACKOFF * 2 ** (attempts - 1)
        assert longest / 2 <= pause_after(attempts) <= longest
    assert LONGEST_PAUSE / 2 <= pause_after(1_000) <= LONGEST_PAUSE
    assert len({pause_after(9) for _ in range(9)}) > 1
