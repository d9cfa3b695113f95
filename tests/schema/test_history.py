"""``CourseGrade.history``: what happened to one learner's grades, newest first."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from db.courses import StoredCourse
from db.event_log import append_events
from db.sql import fetch
from db.transaction import grade_transaction
from grading import CourseGradeChanged, CourseGradeSnapshot, CourseKey, PassingStatus
from tests.factories import ORIGIN
from tests.schema.execution import data, refusal
from tests.schema.heat import (
    ADA,
    BEA,
    COURSE_KEY,
    POLICY,
    enroll,
    publish_course,
    record,
    structure,
)

HISTORY = """
query (
  $courseKey: CourseKey!, $learner: LearnerRef!, $types: [GradeEventType!], $first: Int = 20
  $after: String
) {
  courseGrade(courseKey: $courseKey, learner: $learner) {
    persisted
    history(types: $types, first: $first, after: $after) {
      nodes {
        __typename id cursor learner { username } course { courseKey }
        ... on CourseGradeChanged { before { percent } after { percent } }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
FIRST = [*["SubsectionGradeChanged"] * 4, "CourseGradeChanged", "PassingStatusChanged"]
SECOND = ["SubsectionGradeChanged", "CourseGradeChanged"]


def asked(username: str = "ada", **more: object) -> dict[str, Any]:
    return {"courseKey": COURSE_KEY, "learner": {"username": username}, **more}


async def history(username: str = "ada", **more: object) -> tuple[list[dict[str, Any]], Any]:
    answered = await data(HISTORY, **asked(username, **more))
    found = answered["courseGrade"]["history"]
    return found["nodes"], found["pageInfo"]


async def types(username: str = "ada", **more: object) -> list[str]:
    nodes, _ = await history(username, **more)
    return [one["__typename"] for one in nodes]


async def test_the_newest_comes_first(course: StoredCourse) -> None:
    await record(course, [ADA], {"p4": (5, 5)})

    nodes, info = await history()

    assert [one["__typename"] for one in nodes] == [*FIRST, *SECOND][::-1]
    assert [
        (one["before"], one["after"]) for one in nodes if one["__typename"] == "CourseGradeChanged"
    ] == [({"percent": 0.71}, {"percent": 0.79}), (None, {"percent": 0.71})]
    assert info == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": nodes[0]["cursor"],
        "endCursor": nodes[-1]["cursor"],
    }


async def test_it_is_the_log_backwards(course: StoredCourse) -> None:
    await record(course, [ADA, BEA], {"p4": (5, 5)})
    log = await data('{ gradeEvents(learner: {username: "ada"}) { nodes { id cursor } } }')

    nodes, _ = await history()

    assert [{"id": one["id"], "cursor": one["cursor"]} for one in nodes] == (
        log["gradeEvents"]["nodes"][::-1]
    )


async def test_pages_go_back_to_the_beginning(course: StoredCourse) -> None:
    await record(course, [ADA], {"p4": (5, 5)})
    whole, _ = await history()

    first, first_info = await history(first=3)
    # What happens while somebody pages back is in front of where they began.
    await record(course, [ADA], {"p6": (10, 10)})
    second, second_info = await history(first=3, after=first_info["endCursor"])
    third, third_info = await history(first=3, after=second_info["endCursor"])
    fourth, fourth_info = await history(first=3, after=third_info["endCursor"])

    assert [*first, *second, *third] == whole
    assert [one["hasNextPage"] for one in (first_info, second_info, third_info)] == [
        True,
        True,
        False,
    ]
    assert second_info["hasPreviousPage"] is True
    assert (fourth, fourth_info["hasNextPage"], fourth_info["endCursor"]) == ([], False, None)


async def test_kinds_can_be_chosen(course: StoredCourse) -> None:
    await record(course, [ADA], {"p4": (5, 5)})

    assert await types(types=["COURSE_GRADE_CHANGED"]) == ["CourseGradeChanged"] * 2
    assert await types(types=["PASSING_STATUS_CHANGED", "COURSE_GRADE_CHANGED"], first=2) == [
        "CourseGradeChanged",
        "PassingStatusChanged",
    ]
    assert await types(types=[]) == []


async def test_it_is_of_one_learner_in_one_course(course: StoredCourse) -> None:
    other = await publish_course(CourseKey("course-v1:Acme+Cold+2026"))
    await enroll(other, ADA)
    await record(other, [ADA], {"p6": (1, 10)})
    await record(course, [BEA], {"p6": (1, 10)})

    nodes, _ = await history()

    assert [one["__typename"] for one in nodes] == FIRST[::-1]
    assert {(one["learner"]["username"], one["course"]["courseKey"]) for one in nodes} == {
        ("ada", COURSE_KEY)
    }


async def test_who_did_nothing_has_an_empty_history(course: StoredCourse) -> None:
    answered = await data(HISTORY, **asked("bea"))

    assert answered["courseGrade"] == {
        "persisted": False,
        "history": {
            "nodes": [],
            "pageInfo": {
                "hasNextPage": False,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
        },
    }


async def test_a_subsection_that_the_course_has_lost_is_told_by_its_key(
    course: StoredCourse,
) -> None:
    await publish_course(policy=POLICY, sections=structure().sections[1:])
    document = HISTORY.replace(
        "... on CourseGradeChanged { before { percent } after { percent } }",
        "... on SubsectionGradeChanged { usageKey subsectionGrade { version } }",
    )

    # The stored grade is still that of the former version, and so are its parts.
    answered = await data(document, **asked(types=["SUBSECTION_GRADE_CHANGED"]))
    await record(course, [ADA], {"p6": (9, 10)})
    regraded = await data(document, **asked(types=["SUBSECTION_GRADE_CHANGED"]))

    def versions(found: dict[str, Any]) -> list[tuple[str, str | None]]:
        return [
            (
                one["usageKey"].rpartition("@")[2],
                one["subsectionGrade"] and one["subsectionGrade"]["version"],
            )
            for one in found["courseGrade"]["history"]["nodes"]
        ]

    assert versions(answered) == [("exam", "1"), ("lab1", "1"), ("hw2", "1"), ("hw1", "1")]
    assert versions(regraded) == [
        ("exam", "2"),
        ("exam", "2"),
        ("lab1", "1"),
        ("hw2", None),
        ("hw1", None),
    ]


async def test_five_hundred_events_are_asked_for_at_most(course: StoredCourse) -> None:
    assert await types(first=500) == FIRST[::-1]
    assert await refusal(HISTORY, **asked(first=501)) == {
        "message": "first may be at most 500; page on with the cursor.",
        "path": ["courseGrade", "history"],
        "code": "TOO_MANY_ITEMS",
    }


@pytest.mark.parametrize("after", ["", "nonsense", "WzFd"])
async def test_what_is_no_cursor_is_refused(course: StoredCourse, after: str) -> None:
    assert await refusal(HISTORY, **asked(after=after)) == {
        "message": f"{after!r} is no cursor of grade events.",
        "path": ["courseGrade", "history"],
        "code": "INVALID_INPUT",
    }


@pytest.mark.parametrize(
    "engine", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_it_can_be_paged_while_another_transaction_is_open(course: StoredCourse) -> None:
    written, released = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with grade_transaction(course.id, [BEA.id]):
            await fetch("select pg_current_xact_id()")
            written.set()
            await released.wait()

    writing = asyncio.create_task(slow())
    await written.wait()
    await record(course, [ADA], {"p4": (5, 5)})
    _, info = await history(first=1)
    older = await types(after=info["endCursor"])
    released.set()
    await writing

    assert older == [*FIRST, SECOND[0]][::-1]


FEED = """
query ($courseKey: CourseKey!, $after: String) {
  gradeEvents(courseKeys: [$courseKey], after: $after) { nodes { learner { username } } }
}
"""


@pytest.mark.parametrize(
    "engine", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_a_cursor_out_of_it_passes_over_nothing_that_was_still_open(
    course: StoredCourse,
) -> None:
    written, released = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with grade_transaction(course.id, [BEA.id]):
            after = CourseGradeSnapshot(0.5, "Pass", True, PassingStatus.PASSING)
            change = CourseGradeChanged(BEA.id, 1, None, after, first_time_passed=True)
            await append_events(course.id, [change], ORIGIN, now=datetime.now(UTC))
            written.set()
            await released.wait()

    writing = asyncio.create_task(slow())
    await written.wait()
    await record(course, [ADA], {"p4": (5, 5)})
    nodes, _ = await history(first=1)
    released.set()
    await writing

    feed = await data(FEED, courseKey=COURSE_KEY, after=nodes[0]["cursor"])

    learners = [one["learner"]["username"] for one in feed["gradeEvents"]["nodes"]]
    assert "bea" in learners
