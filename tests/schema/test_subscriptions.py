"""Subscriptions: what is told to whom, in which order, and what is refused."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from db.event_log_state import prune_events
from events import EventStream
from grading import CourseKey
from schema import schema
from tests.events.grade_log import GradeLog
from tests.schema.execution import AS_NOBODY, AS_STAFF, Asking, data
from tests.schema.following import Live, live
from tests.schema.heat import (
    ADA,
    COURSE_KEY,
    NOW,
    enroll,
    publish_course,
    record,
    sequential,
    usage_key,
)

CURSOR = "{ gradeEventsCursor }"
COURSE_GRADES = """
subscription ($courseKey: CourseKey!, $learner: LearnerRef, $after: String) {
  courseGradeChanged(courseKey: $courseKey, learner: $learner, after: $after) {
    learner { username } cause
    before { percent letterGrade passed passingStatus }
    after { percent letterGrade passed passingStatus }
  }
}
"""
STATUSES = """
subscription (
  $courseKey: CourseKey, $learner: LearnerRef, $to: [PassingStatus!], $repeat: Boolean = false
  $after: String
) {
  passingStatusChanged(
    courseKey: $courseKey, learner: $learner, to: $to, repeat: $repeat, after: $after
  ) {
    course { courseKey } learner { username } from to firstTimePassed
  }
}
"""
SUBSECTIONS = """
subscription (
  $courseKey: CourseKey!, $usageKey: UsageKey, $learner: LearnerRef, $after: String
) {
  subsectionGradeChanged(
    courseKey: $courseKey, usageKey: $usageKey, learner: $learner, after: $after
  ) {
    learner { username } usageKey
    before { earned possible } after { earned possible }
    subsectionGrade { gradedTotal { earned possible } }
  }
}
"""
EVENTS = """
subscription ($courseKey: CourseKey!, $types: [GradeEventType!], $after: String) {
  gradeEvents(courseKey: $courseKey, types: $types, after: $after) {
    __typename id cursor learner { username }
  }
}
"""
BEA = {"username": "bea"}
FAILING = {"percent": 0.0, "letterGrade": None, "passed": False, "passingStatus": "FAILING"}


@pytest.fixture
async def events(course: StoredCourse) -> AsyncIterator[Live]:
    async with live() as running:
        yield running


async def cursor() -> str:
    answered: str = (await data(CURSOR))["gradeEventsCursor"]
    return answered


def status(learner: str, before: str, after: str, *, first: bool = False) -> dict[str, Any]:
    return {
        "course": {"courseKey": COURSE_KEY},
        "learner": {"username": learner},
        "from": before,
        "to": after,
        "firstTimePassed": first,
    }


async def test_a_changed_course_grade_is_told_as_it_was_and_is(events: Live) -> None:
    async with events.following(COURSE_GRADES, courseKey=COURSE_KEY) as following:
        await events.record("ada", "p4", 5, 5)
        await events.record("bea", "p6", 0, 10)

        assert await following.several(2) == [
            {
                "learner": {"username": "ada"},
                "cause": "SCORE_RECORDED",
                "before": {
                    "percent": 0.71,
                    "letterGrade": "B",
                    "passed": True,
                    "passingStatus": "PASSING",
                },
                "after": {
                    "percent": 0.79,
                    "letterGrade": "B",
                    "passed": True,
                    "passingStatus": "PASSING",
                },
            },
            {
                "learner": {"username": "bea"},
                "cause": "SCORE_RECORDED",
                "before": None,
                "after": FAILING,
            },
        ]


async def test_only_transitions_are_told_unless_every_change_is_asked_for(events: Live) -> None:
    async with (
        events.following(STATUSES, courseKey=COURSE_KEY) as transitions,
        events.following(STATUSES, courseKey=COURSE_KEY, repeat=True) as changes,
    ):
        await events.record("ada", "p4", 5, 5)
        await events.record("ada", "p6", 0, 10)
        await events.record("ada", "p5", 0, 10)

        # 0.79 is a B, 0.55 a C, and 0.46 no letter at all.
        assert await transitions.next() == status("ada", "PASSING", "FAILING")
        assert await changes.several(3) == [
            status("ada", "PASSING", "PASSING"),
            status("ada", "PASSING", "PASSING"),
            status("ada", "PASSING", "FAILING"),
        ]


async def test_who_asks_for_where_a_learner_gets_to_is_told_of_nothing_else(events: Live) -> None:
    async with events.following(STATUSES, to=["PASSING"]) as following:
        await events.record("bea", "p6", 0, 10)
        await events.record("ada", "p6", 0, 10)
        await events.record("ada", "p5", 0, 10)
        await events.record("ada", "p6", 10, 10, hour=1)

        assert await following.next() == status("ada", "FAILING", "PASSING")


@pytest.mark.parametrize("repeat", [False, True])
async def test_passing_for_the_first_time_is_told_once(events: Live, repeat: bool) -> None:
    async with events.following(STATUSES, learner=BEA, repeat=repeat) as following:
        await events.record("bea", "p6", 0, 10)
        await events.record("ada", "p4", 5, 5)
        for hour, name in enumerate(("p1", "p2", "p3", "p5"), 1):
            await events.record("bea", name, 10, 10, hour=hour)
        told = await following.several(5 if repeat else 2)

    assert [one["learner"]["username"] for one in told] == ["bea"] * len(told)
    assert (told[0]["from"], told[0]["to"]) == ("NOT_ATTEMPTED", "FAILING")
    assert [one["firstTimePassed"] for one in told].count(True) == 1
    passed = [one for one in told if one["firstTimePassed"]]
    assert [(one["from"], one["to"]) for one in passed] == [("FAILING", "PASSING")]


async def test_without_a_course_all_are_followed(events: Live) -> None:
    other = CourseKey("course-v1:Acme+Cold+2026")
    await enroll(await publish_course(other), ADA)
    async with (
        events.following(STATUSES) as everywhere,
        events.following(STATUSES, courseKey=other) as there,
    ):
        await events.record("bea", "p6", 0, 10)
        exam = usage_key("problem", "p6", other)
        await events.record("ada", "p6", 0, 10, course_key=other, usage_key=exam)

        new = status("ada", "NOT_ATTEMPTED", "FAILING") | {"course": {"courseKey": other}}
        assert await everywhere.several(2) == [status("bea", "NOT_ATTEMPTED", "FAILING"), new]
        assert await there.next() == new


async def test_subsections_are_told_all_or_one_of_them(events: Live) -> None:
    def told(learner: str, name: str, before: Any, after: Any) -> dict[str, Any]:  # noqa: ANN401
        return {
            "learner": {"username": learner},
            "usageKey": sequential(name),
            "before": before,
            "after": after,
            "subsectionGrade": {"gradedTotal": after},
        }

    exam = sequential("exam")
    async with (
        events.following(SUBSECTIONS, courseKey=COURSE_KEY) as every,
        events.following(SUBSECTIONS, courseKey=COURSE_KEY, usageKey=exam) as exams,
        events.following(SUBSECTIONS, courseKey=COURSE_KEY, learner=BEA) as beas,
    ):
        await events.record("ada", "p4", 4, 5)
        first = told("ada", "hw3", None, {"earned": 4.0, "possible": 5.0})
        assert await every.next() == first
        await events.record("ada", "p6", 10, 10)
        second = told(
            *("ada", "exam"), {"earned": 8.0, "possible": 10.0}, {"earned": 10.0, "possible": 10.0}
        )
        assert await every.next() == second
        await events.record("bea", "p4", 5, 5)

        assert await exams.next() == second
        assert await beas.next() == told("bea", "hw3", None, {"earned": 5.0, "possible": 5.0})


async def test_one_stream_tells_everything_in_causal_order(events: Live) -> None:
    async with events.following(EVENTS, courseKey=COURSE_KEY) as following:
        await events.record("bea", "p6", 10, 10)
        await events.record("ada", "p4", 5, 5)

        assert [
            (one["learner"]["username"], one["__typename"]) for one in await following.several(5)
        ] == [
            ("bea", "SubsectionGradeChanged"),
            ("bea", "CourseGradeChanged"),
            ("bea", "PassingStatusChanged"),
            ("ada", "SubsectionGradeChanged"),
            ("ada", "CourseGradeChanged"),
        ]


async def test_kinds_can_be_chosen(events: Live) -> None:
    types = ["PASSING_STATUS_CHANGED", "COURSE_GRADE_CHANGED"]
    async with events.following(EVENTS, courseKey=COURSE_KEY, types=types) as following:
        await events.record("bea", "p6", 10, 10)
        await events.record("ada", "p4", 5, 5)

        assert [one["__typename"] for one in await following.several(3)] == [
            "CourseGradeChanged",
            "PassingStatusChanged",
            "CourseGradeChanged",
        ]


async def test_another_course_is_not_told_of(events: Live) -> None:
    other = CourseKey("course-v1:Acme+Cold+2026")
    await enroll(await publish_course(other), ADA)
    async with events.following(EVENTS, courseKey=other) as following:
        await events.record("ada", "p4", 5, 5)
        exam = usage_key("problem", "p6", other)
        await events.record("ada", "p6", 1, 10, course_key=other, usage_key=exam)

        assert (await following.next())["__typename"] == "SubsectionGradeChanged"
        types = [one["__typename"] for one in await following.several(2)]
        assert types == ["CourseGradeChanged", "PassingStatusChanged"]


async def test_what_was_missed_comes_first_and_then_what_happens(events: Live) -> None:
    seen = await cursor()
    await events.record("bea", "p6", 10, 10)
    async with events.following(EVENTS, courseKey=COURSE_KEY, after=seen) as following:
        missed = await following.several(2)
        await events.record("ada", "p4", 5, 5)
        rest = await following.several(3)
    async with events.following(
        EVENTS, courseKey=COURSE_KEY, after=missed[-1]["cursor"]
    ) as resumed:
        again = await resumed.several(3)

    assert [one["__typename"] for one in [*missed, *rest]] == [
        "SubsectionGradeChanged",
        "CourseGradeChanged",
        "PassingStatusChanged",
        "SubsectionGradeChanged",
        "CourseGradeChanged",
    ]
    assert again == rest
    assert len({one["id"] for one in [*missed, *rest]}) == 5


async def test_the_same_event_has_the_same_id_and_cursor_live_and_in_the_log(
    events: Live,
) -> None:
    seen = await cursor()
    async with events.following(EVENTS, courseKey=COURSE_KEY) as following:
        await events.record("bea", "p6", 10, 10)
        told = await following.several(3)

    answered = await data(
        "query ($after: String) { gradeEvents(after: $after) {"
        " nodes { __typename id cursor learner { username } } } }",
        after=seen,
    )
    assert answered["gradeEvents"]["nodes"] == told


async def test_repeated_statuses_resume_like_others(events: Live) -> None:
    seen = await cursor()
    await events.record("ada", "p4", 5, 5)

    async with events.following(STATUSES, repeat=True, after=seen) as following:
        assert await following.next() == status("ada", "PASSING", "PASSING")


async def test_a_grade_told_beside_an_event_is_the_present_one(events: Live) -> None:
    seen = await cursor()
    await events.record("ada", "p4", 5, 5)
    await events.record("ada", "p6", 10, 10)
    document = """
    subscription ($courseKey: CourseKey!, $after: String) {
      courseGradeChanged(courseKey: $courseKey, after: $after) {
        after { percent } courseGrade { percent version }
      }
    }
    """

    async with events.following(document, courseKey=COURSE_KEY, after=seen) as following:
        present = {"percent": 0.85, "version": "3"}
        assert await following.several(2) == [
            {"after": {"percent": 0.79}, "courseGrade": present},
            {"after": {"percent": 0.85}, "courseGrade": present},
        ]


async def test_a_subscription_ends_with_the_stream(events: Live) -> None:
    async with events.following(EVENTS, courseKey=COURSE_KEY) as following:
        events.stream.drain()

        await following.end()


ALL = {"course": COURSE_GRADES, "status": STATUSES, "subsection": SUBSECTIONS, "events": EVENTS}


@pytest.mark.parametrize("name", ALL)
async def test_nobody_may_follow_a_course_that_they_may_not_know_of(
    events: Live, name: str
) -> None:
    async with events.following(ALL[name], AS_NOBODY, courseKey=COURSE_KEY) as following:
        code, _ = await following.refusal()

    assert code == "COURSE_NOT_FOUND"


async def test_nobody_may_follow_all_courses(events: Live) -> None:
    async with events.following(STATUSES, AS_NOBODY) as following:
        code, _ = await following.refusal()

    assert code == "FORBIDDEN"


@pytest.mark.parametrize("name", ALL)
async def test_an_unknown_course_cannot_be_followed(events: Live, name: str) -> None:
    unknown = "course-v1:Acme+Unknown+2026"

    async with events.following(ALL[name], courseKey=unknown) as following:
        code, message = await following.refusal()

    assert code == "COURSE_NOT_FOUND"
    assert message == f"There is no course {unknown}, or you may not know of it."


@pytest.mark.parametrize("name", ["course", "status", "subsection"])
async def test_an_unknown_learner_cannot_be_followed(events: Live, name: str) -> None:
    learner = {"username": "dan"}

    async with events.following(ALL[name], courseKey=COURSE_KEY, learner=learner) as following:
        code, _ = await following.refusal()

    assert code == "LEARNER_NOT_FOUND"


@pytest.mark.parametrize("after", ["", "nonsense", "WzFd", "e30", "é"])
@pytest.mark.parametrize("name", ALL)
async def test_what_is_no_cursor_is_refused(events: Live, name: str, after: str) -> None:
    async with events.following(ALL[name], courseKey=COURSE_KEY, after=after) as following:
        code, message = await following.refusal()

    assert (code, message) == ("INVALID_INPUT", f"{after!r} is no cursor of grade events.")


async def test_a_cursor_whose_events_are_gone_is_refused(
    events: Live, course: StoredCourse
) -> None:
    answered = await data("{ gradeEvents(first: 1) { pageInfo { endCursor } } }")
    seen = answered["gradeEvents"]["pageInfo"]["endCursor"]
    await prune_events(older_than=NOW + timedelta(seconds=1))

    async with events.following(EVENTS, courseKey=COURSE_KEY, after=seen) as following:
        code, message = await following.refusal()

    assert code == "CURSOR_EXPIRED"
    assert "gradeEventsCursor" in message


async def test_a_refusal_leaves_other_subscriptions_alone(events: Live) -> None:
    async with (
        events.following(EVENTS, courseKey=COURSE_KEY) as good,
        events.following(EVENTS, courseKey=COURSE_KEY, after="nonsense") as bad,
    ):
        await bad.refusal()
        await events.record("ada", "p4", 5, 5)

        assert (await good.next())["__typename"] == "SubsectionGradeChanged"


async def test_rights_are_asked_for_at_every_event(
    events: Live, course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with events.following(EVENTS, courseKey=COURSE_KEY) as following:
        await record(course, [ADA], {"p4": (5, 5)})
        events.stream.wake()
        await following.several(2)
        monkeypatch.setattr("resolvers.access.may_know_course", lambda *_: False)
        await record(course, [ADA], {"p4": (4, 5)})
        events.stream.wake()

        code, _ = await following.refusal()

    assert code == "COURSE_NOT_FOUND"


async def test_two_who_ask_alike_are_told_alike(events: Live, course: StoredCourse) -> None:
    other = replace(AS_STAFF, request_id="request-2")
    async with (
        events.following(EVENTS, courseKey=COURSE_KEY) as one,
        events.following(EVENTS, other, courseKey=COURSE_KEY) as two,
    ):
        await record(course, [ADA], {"p4": (5, 5)})
        events.stream.wake()

        assert await one.several(2) == await two.several(2)


async def test_who_resumes_where_a_process_has_not_read_yet_holds_up_nobody(
    events: Live,
) -> None:
    # As on a worker that hears late of what others wrote: nothing wakes its stream.
    unheard = Live(EventStream(GradeLog()))
    await unheard.record("ada", "p6", 1, 10)
    first = await cursor()
    await unheard.record("ada", "p6", 2, 10, hour=1)
    second = await cursor()
    async with (
        events.following(COURSE_GRADES, courseKey=COURSE_KEY, after=second) as ahead,
        events.following(COURSE_GRADES, courseKey=COURSE_KEY, after=first) as behind,
    ):
        missed = await behind.next()
        await events.record("ada", "p6", 3, 10, hour=2)
        present = [await each.next() for each in (ahead, behind)]

    assert [missed["before"], missed["after"]] != [present[0]["before"], present[0]["after"]]
    assert missed["after"] == present[0]["before"]
    assert present[0] == present[1]


async def test_where_no_stream_is_open_nothing_can_be_followed(course: StoredCourse) -> None:
    results = await schema.stream(EVENTS, {"courseKey": COURSE_KEY}, Asking().context())
    (result,) = [one async for one in results]

    (error,) = result.errors or []
    assert error.extensions == {"code": "INVALID_INPUT"}
