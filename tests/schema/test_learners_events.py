"""What learners are told of their grades: pages of events, history and streams, hidden results."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from db.courses import StoredCourse
from grading import ShowCorrectness
from tests.schema.execution import Asking, data
from tests.schema.following import live
from tests.schema.heat import (
    ADA,
    COURSE_KEY,
    POLICY,
    enroll,
    publish_course,
    record,
    sequential,
)
from tests.schema.test_visibility import AFTER_DUE, AS_ADA, course_with, override, sections

EVENTS: Final = """
query ($courseKeys: [CourseKey!], $first: Int!, $after: String) {
  gradeEvents(courseKeys: $courseKeys, first: $first, after: $after) {
    nodes {
      __typename
      ... on CourseGradeChanged { before { percent } after { percent letterGrade passed } }
      ... on SubsectionGradeChanged { usageKey before { display } after { display } }
      ... on PassingStatusChanged { from to firstTimePassed }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
HISTORY: Final = """
query ($courseKey: CourseKey!, $first: Int!, $after: String) {
  courseGrade(courseKey: $courseKey, learner: {username: "ada"}) {
    history(first: $first, after: $after) {
      nodes { __typename ... on CourseGradeChanged { after { percent } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
NEVER: Final = ShowCorrectness.NEVER


async def pages(size: int, asking: Asking = AS_ADA) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield page after page of the viewer's events."""
    after, more = None, True
    while more:
        answered = await data(EVENTS, asking, courseKeys=[COURSE_KEY], first=size, after=after)
        page = answered["gradeEvents"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        yield page["nodes"]


async def told(asking: Asking = AS_ADA) -> list[dict[str, Any]]:
    return [event async for page in pages(500, asking) for event in page]


@pytest.mark.parametrize("points", [(0, 10), (8, 10)])
async def test_the_events_of_a_learner_are_those_of_what_they_see(
    database: str, points: tuple[float, float]
) -> None:
    course = await publish_course(sections=sections({"exam": NEVER}))
    await enroll(course, ADA)
    await record(course, [ADA], {"p6": points})
    await record(course, [ADA], {"p1": (4, 4), "p2": (2, 2), "p3": (3, 3)})

    # Homework (1 + 1) / 2 x 0.5 of a weight of 0.7: 0.7143.
    assert await told() == [
        {
            "__typename": "CourseGradeChanged",
            "before": None,
            "after": {"percent": 0.0, "letterGrade": None, "passed": False},
        },
        {
            "__typename": "PassingStatusChanged",
            "from": "NOT_ATTEMPTED",
            "to": "FAILING",
            "firstTimePassed": False,
        },
        {
            "__typename": "SubsectionGradeChanged",
            "usageKey": sequential("hw1"),
            "before": None,
            "after": {"display": "6/6"},
        },
        {
            "__typename": "SubsectionGradeChanged",
            "usageKey": sequential("hw2"),
            "before": None,
            "after": {"display": "6/6"},
        },
        {
            "__typename": "CourseGradeChanged",
            "before": {"percent": 0.0},
            "after": {"percent": 0.71, "letterGrade": "B", "passed": True},
        },
        {
            "__typename": "PassingStatusChanged",
            "from": "FAILING",
            "to": "PASSING",
            "firstTimePassed": False,
        },
    ]


async def test_staff_are_told_nothing_of_what_only_the_learner_saw_to_change(
    database: str,
) -> None:
    course = await publish_course(
        sections=sections({"hw2": NEVER, "hw3": NEVER}),
        policy={**POLICY, "GRADER": [{**POLICY["GRADER"][0], "drop_count": 1, "min_count": 2}]},
    )
    await enroll(course, ADA)
    await record(course, [ADA], {"p3": (3, 3), "p4": (5, 5)})
    before = await told(Asking())

    # The stored grade drops it, the learner's has nothing else.
    await record(course, [ADA], {"p1": (1, 4)})

    of_staff, of_ada = await told(Asking()), await told()
    assert [one["__typename"] for one in of_staff[len(before) :]] == ["SubsectionGradeChanged"]
    assert [one["__typename"] for one in of_ada[-2:]] == [
        "SubsectionGradeChanged",
        "CourseGradeChanged",
    ]
    assert of_ada[-1]["after"]["percent"] == 0.08


async def test_pages_are_full_whatever_is_hidden_between_their_events(database: str) -> None:
    course = await course_with({"exam": NEVER})
    sizes = [len(page) async for page in pages(2)]
    for points in (1.0, 2.0, 3.0, 4.0):
        await override("exam", points)

    assert [len(page) async for page in pages(2)] == sizes == [2, 2, 1]
    assert course.block_ids


async def test_history_is_paged_over_what_is_hidden(database: str) -> None:
    await course_with({"exam": NEVER})
    for points in (1.0, 2.0, 3.0):
        await override("exam", points)

    answered = await data(HISTORY, AS_ADA, courseKey=COURSE_KEY, first=2)

    history = answered["courseGrade"]["history"]
    assert history["nodes"] == [
        {"__typename": "PassingStatusChanged"},
        {"__typename": "CourseGradeChanged", "after": {"percent": 0.66}},
    ]
    assert history["pageInfo"]["hasNextPage"]


async def test_events_that_were_hidden_until_due_appear_afterwards(database: str) -> None:
    await course_with({"exam": ShowCorrectness.PAST_DUE})

    early = await told()
    late = await told(Asking(AS_ADA.viewer, now=AFTER_DUE))

    assert [one for one in late if one not in early] == [
        {
            "__typename": "SubsectionGradeChanged",
            "usageKey": sequential("exam"),
            "before": None,
            "after": {"display": "8/10"},
        }
    ]


async def test_events_of_what_the_course_has_lost_are_not_told_to_learners(
    database: str,
) -> None:
    course: StoredCourse = await course_with({"exam": NEVER})
    await publish_course(sections=course.content.structure.sections[:1])

    names = [one["usageKey"] for one in await told() if "usageKey" in one]

    assert names == [sequential("hw1"), sequential("hw2")]


async def test_a_repeated_status_is_the_one_that_the_learner_sees(database: str) -> None:
    await course_with({"exam": NEVER})
    document = (
        f'subscription {{ passingStatusChanged(courseKey: "{COURSE_KEY}", repeat: true)'
        " { from to firstTimePassed } }"
    )
    async with live() as events, events.following(document, AS_ADA) as following:
        await events.record("ada", "p6", 0, 10)
        await events.record("ada", "p5", 0, 10)
        event = await following.next()

    # Homework alone: 0.375 of a weight of 0.7 is 0.5357, still a C; with the exam it fails.
    assert event == {"from": "PASSING", "to": "PASSING", "firstTimePassed": False}
