"""``gradeStatistics`` of the course and of its subsections, and the same figures live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from statistics import mean, pstdev
from typing import Any, Final

import pytest

from db.course_roles import CourseRole, delete_course_role, save_course_roles
from db.courses import StoredCourse
from db.learners import Learner
from grading import CourseKey, LearnerId
from resolvers.access import Scope, ServiceGrant, Viewer
from resolvers.live_statistics import _Watch, _watches
from resolvers.viewers import RECENT
from schema import schema
from tests.events.waiting import soon, until
from tests.schema.execution import AS_NOBODY, AS_STAFF, Asking, data, refusal
from tests.schema.following import Live, live
from tests.schema.heat import (
    ADA,
    BEA,
    COURSE_KEY,
    CYD,
    NOW,
    enroll,
    heat_course,
    record,
    sequential,
)
from tests.schema.test_operations import CLASSES, STATISTICS, course_of, operation, run

COUNTS: Final = """
query ($courseKey: CourseKey!, $filter: GradebookFilter, $buckets: Int, $usageKey: UsageKey!) {
  course(courseKey: $courseKey) {
    gradeStatistics(filter: $filter, buckets: $buckets) { ...Counts }
    subsection(usageKey: $usageKey) {
      gradeStatistics(filter: $filter, buckets: $buckets) { ...Counts }
    }
  }
}
fragment Counts on GradeStatistics {
  learnerCount attemptedCount passedCount mean histogram { count }
}
"""
CHANGED: Final = """
subscription ($courseKey: CourseKey!, $filter: GradebookFilter, $throttleMs: Int = 500) {
  gradeStatisticsChanged(courseKey: $courseKey, filter: $filter, throttleMs: $throttleMs) {
    learnerCount attemptedCount passedCount mean
  }
}
"""
DAN: Final = Learner(LearnerId(14), "dan")
EVE: Final = Learner(LearnerId(15), "eve")


@pytest.fixture
async def four(database: str) -> StoredCourse:
    """Ada with 0.71, Dan with 0.15, Bea with nothing, Eve with 0, and Cyd, who has left."""
    course = await heat_course()
    await enroll(course, DAN, EVE)
    await record(course, [DAN], {"p6": (5, 10)})
    await record(course, [EVE, CYD], {"p6": (0, 10)})
    return course


async def test_the_figures_of_a_class(four: StoredCourse, statements: list[str]) -> None:
    answered, _ = await run(statements, STATISTICS, {"courseKey": COURSE_KEY})

    course = answered["course"]["gradeStatistics"]
    bars = [(bar["from"], bar["to"], bar["count"]) for bar in course.pop("histogram")]
    assert course == {
        "learnerCount": 4,
        "attemptedCount": 3,
        "passedCount": 1,
        "passRate": 1 / 3,
        "mean": mean([0.71, 0.15, 0.0]),
        "median": 0.15,
        "standardDeviation": pstdev([0.71, 0.15, 0.0]),
        "minimum": 0.0,
        "maximum": 0.71,
        "lowerQuartile": 0.075,
        "upperQuartile": 0.43,
        "letterGradeDistribution": [
            {"letterGrade": "A", "count": 0},
            {"letterGrade": "B", "count": 1},
            {"letterGrade": "C", "count": 0},
            {"letterGrade": None, "count": 2},
        ],
        "computedAt": "2026-03-01T12:00:00Z",
    }
    assert len(bars) == 20
    assert [bar for bar in bars if bar[2]] == [(0.0, 0.05, 1), (0.15, 0.2, 1), (0.7, 0.75, 1)]
    subsections = answered["course"]["subsections"]
    assert [one["shortLabel"] for one in subsections] == [
        "HW 01",
        "HW 02",
        "HW 03",
        "Lab 01",
        "Exam",
    ]
    exam = subsections[-1]["gradeStatistics"]
    assert (exam["learnerCount"], exam["attemptedCount"], exam["passedCount"]) == (4, 3, 2)
    assert (exam["minimum"], exam["median"], exam["maximum"]) == (0.0, 0.5, 0.8)
    assert [one["count"] for one in exam["letterGradeDistribution"]] == [0, 1, 1, 1]
    assert subsections[0]["gradeStatistics"]["mean"] == 0.8333
    nobody = subsections[2]["gradeStatistics"]
    assert (nobody["attemptedCount"], nobody["mean"], nobody["passRate"]) == (0, None, None)


@pytest.mark.parametrize("size", CLASSES)
async def test_all_statistics_take_three_statements_for_any_class(
    database: str, size: int, statements: list[str]
) -> None:
    await course_of(size)
    variables: dict[str, Any] = {"courseKey": COURSE_KEY}

    answered, count = await run(statements, STATISTICS, variables)
    variables["filter"] = {"search": "learner", "coursePercent": {"min": 0.5}}
    again, filtered = await run(statements, STATISTICS, variables)

    assert (count, filtered) == (3, 3)
    assert again == answered
    assert answered["course"]["gradeStatistics"]["attemptedCount"] == size
    assert [
        one["gradeStatistics"]["attemptedCount"] for one in answered["course"]["subsections"]
    ] == [size, size, 0, size, size]


@pytest.mark.parametrize(
    ("filter", "course_counts", "exam_counts"),
    [
        ({}, (4, 3, 1), (4, 3, 2)),
        ({"includeInactive": True}, (5, 4, 1), (5, 4, 2)),
        ({"passingStatus": ["FAILING"]}, (2, 2, 0), (2, 2, 1)),
        ({"subsection": {"usageKey": sequential("hw1"), "percent": {}}}, (1, 1, 1), (1, 1, 1)),
        ({"learners": []}, (0, 0, 0), (0, 0, 0)),
    ],
)
async def test_a_filter_says_whose_figures_these_are(
    four: StoredCourse,
    filter: dict[str, Any],
    course_counts: tuple[int, ...],
    exam_counts: tuple[int, ...],
) -> None:
    answered = await data(
        COUNTS, courseKey=COURSE_KEY, filter=filter, usageKey=sequential("exam"), buckets=None
    )

    found = answered["course"]
    for one, counts in (
        (found["gradeStatistics"], course_counts),
        (found["subsection"]["gradeStatistics"], exam_counts),
    ):
        assert (one["learnerCount"], one["attemptedCount"], one["passedCount"]) == counts
        assert len(one["histogram"]) == 10


@pytest.mark.parametrize("buckets", [0, -1, 101, 2**31 - 1])
async def test_a_histogram_that_nobody_could_read_is_refused(
    four: StoredCourse, buckets: int
) -> None:
    exam = sequential("exam")
    for where in (
        "gradeStatistics",
        f'subsection(usageKey: "{exam}") {{ gradeStatistics',
    ):
        end = "}" * where.count("{")
        error = await refusal(
            f'{{ course(courseKey: "{COURSE_KEY}")'
            f" {{ {where}(buckets: {buckets}) {{ mean }} {end} }} }}"
        )

        assert (error["code"], error["message"]) == ("INVALID_INPUT", "buckets must be 1 to 100.")


async def test_statistics_are_for_staff(four: StoredCourse) -> None:
    key = CourseKey(COURSE_KEY)
    ada = Viewer("ada", learner_id=ADA.id, enrolled_in=frozenset({key}))
    own = ServiceGrant(frozenset({Scope.GRADES_READ}), own_only=True)
    asked = {"courseKey": COURSE_KEY, "usageKey": sequential("exam")}

    for viewer in (ada, replace(ada, service=own)):
        answered = await schema.execute(COUNTS, asked, replace(AS_STAFF, viewer=viewer).context())
        codes = [(error.extensions or {})["code"] for error in answered.errors or []]
        assert codes
        assert set(codes) == {"FORBIDDEN"}
        assert answered.data is None or answered.data["course"] is None
    assert await data(COUNTS, AS_NOBODY, **asked) == {"course": None}


@pytest.fixture
async def running(four: StoredCourse) -> AsyncIterator[Live]:
    """A running stream of events."""
    async with live() as found:
        yield found


def told(counts: dict[str, Any]) -> tuple[int, int, int]:
    return counts["learnerCount"], counts["attemptedCount"], counts["passedCount"]


async def test_figures_come_at_once_and_again_when_grades_have_changed(running: Live) -> None:
    async with running.following(CHANGED, courseKey=COURSE_KEY) as following:
        assert told(await following.next()) == (4, 3, 1)

        await running.record("bea", "p6", 10, 10)
        assert told(await following.next()) == (4, 4, 1)

        await running.record("dan", "p1", 4, 4)
        await running.record("dan", "p2", 2, 2)
        await running.record("dan", "p3", 3, 3, hour=1)
        await running.record("dan", "p6", 10, 10, hour=1)
        last = await following.next()

        while told(last) != (4, 4, 2):
            last = await following.next()


async def test_a_change_that_changes_no_figure_is_not_told(running: Live) -> None:
    wanted = {"learners": [{"username": "ada"}]}
    async with running.following(CHANGED, courseKey=COURSE_KEY, filter=wanted) as following:
        assert told(await following.next()) == (1, 1, 1)

        (watch,) = _watches[running.stream].values()
        following_on = asyncio.create_task(following.next())

        await running.record("dan", "p6", 9, 10)
        await until(lambda: counted(watch))
        await running.record("ada", "p6", 0, 10)

        assert told(await following_on) == (1, 1, 0)


def counted(watch: _Watch) -> bool:
    """Tell whether figures were counted after the last of some changes."""
    return watch._latest is not None and 0 < watch._latest.changes == watch._changes


async def test_many_who_watch_the_same_are_counted_for_once(
    running: Live, statements: list[str]
) -> None:
    async with (
        running.following(CHANGED, courseKey=COURSE_KEY) as one,
        running.following(CHANGED, courseKey=COURSE_KEY) as two,
        running.following(CHANGED, courseKey=COURSE_KEY, throttleMs=700) as three,
    ):
        for each in (one, two, three):
            assert told(await each.next()) == (4, 3, 1)
        assert len(_watches[running.stream]) == 1
        assert running.stream.followers == 1
        statements.clear()

        await running.record("bea", "p6", 10, 10)
        for each in (one, two, three):
            assert told(await each.next()) == (4, 4, 1)

        counting = [
            one for one in statements if "g.percent, g.letter_grade" in one and "count(" in one
        ]
        assert len(counting) == 1
    assert len(_watches[running.stream]) == 0
    assert running.stream.followers == 0


@pytest.mark.parametrize("throttle", [499, 0, -1, 60_001])
async def test_a_throttle_out_of_range_is_refused(running: Live, throttle: int) -> None:
    async with running.following(CHANGED, courseKey=COURSE_KEY, throttleMs=throttle) as following:
        assert await following.refusal() == (
            "INVALID_INPUT",
            "throttleMs must be 500 to 60000.",
        )


async def test_an_impossible_filter_is_refused(running: Live) -> None:
    wanted = {"coursePercent": {"min": 1, "max": 0}}
    async with running.following(CHANGED, courseKey=COURSE_KEY, filter=wanted) as following:
        assert await following.refusal() == (
            "INVALID_INPUT",
            "coursePercent: min must not be above max.",
        )


async def test_live_figures_are_for_staff(running: Live) -> None:
    key = CourseKey(COURSE_KEY)
    ada = Viewer("ada", learner_id=ADA.id, enrolled_in=frozenset({key}))
    for viewer, code in ((ada, "FORBIDDEN"), (AS_NOBODY.viewer, "COURSE_NOT_FOUND")):
        asking = Asking(viewer=viewer)
        async with running.following(CHANGED, asking, courseKey=COURSE_KEY) as following:
            assert (await following.refusal())[0] == code


async def test_a_shutdown_ends_those_who_wait_for_a_long_time(running: Live) -> None:
    async with running.following(CHANGED, courseKey=COURSE_KEY, throttleMs=60_000) as following:
        await following.next()
        await running.record("bea", "p6", 10, 10)
        running.stream.drain()

        await following.end()


async def test_who_is_staff_no_longer_is_told_no_more(running: Live, four: StoredCourse) -> None:
    role = CourseRole(four.id, BEA.id, "staff")
    await save_course_roles([role], now=NOW)
    claimed = Viewer("bea")
    context = replace(running.asking().context(), viewer=claimed, claimed=claimed)
    async with aclosing(await schema.stream(CHANGED, {"courseKey": COURSE_KEY}, context)) as told:
        assert not (await soon(anext(told))).errors

        assert await delete_course_role(role)
        await asyncio.sleep(RECENT)
        await running.record("dan", "p6", 9, 10)

        (error,) = (await soon(anext(told))).errors or []
        assert (error.extensions or {})["code"] == "FORBIDDEN"


async def test_the_live_dashboard_shows_the_figures(running: Live) -> None:
    document = operation("07_live_dashboard")
    async with running.following(
        document, operation_name="LiveStatistics", courseKey=COURSE_KEY
    ) as following:
        figures = await following.next()

    counts = [bar.pop("count") for bar in figures["histogram"]]
    assert counts == [1, 1, 0, 0, 0, 0, 0, 1, 0, 0]
    assert figures["histogram"][3] == {"from": 0.3, "to": 0.4}
    assert figures["computedAt"] == "2026-03-01T12:00:00Z"
