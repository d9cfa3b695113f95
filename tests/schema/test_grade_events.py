"""``gradeEvents`` and ``gradeEventsCursor``: the log in pages, and where to follow on from."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from db.event_log_state import prune_events, read_log_state
from db.learners import Learner
from grading import CourseGrade, CourseKey, LearnerId
from resolvers import course_grades, grade_events
from resolvers.context import Context
from resolvers.grade_lookahead import look_ahead
from tests.events.waiting import soon
from tests.schema.execution import AS_NOBODY, data, refusal
from tests.schema.heat import (
    ADA,
    BEA,
    COURSE_KEY,
    NOW,
    enroll,
    publish_course,
    record,
    sequential,
)

PAGE = """
query (
  $courseKeys: [CourseKey!], $learner: LearnerRef, $types: [GradeEventType!], $first: Int = 100
  $after: String
) {
  gradeEvents(
    courseKeys: $courseKeys, learner: $learner, types: $types, first: $first, after: $after
  ) {
    nodes { __typename id cursor learner { username } course { courseKey } }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
CURSOR = "{ gradeEventsCursor }"
OTHER = CourseKey("course-v1:Acme+Cold+2026")
# What Ada's scores announce.
KINDS = [*["SubsectionGradeChanged"] * 4, "CourseGradeChanged", "PassingStatusChanged"]


async def page(**arguments: object) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the events of a page, and where it stands."""
    answered = (await data(PAGE, **arguments))["gradeEvents"]
    nodes, info = answered["nodes"], answered["pageInfo"]
    assert answered["edges"] == [
        {"cursor": one["cursor"], "node": {"id": one["id"]}} for one in nodes
    ]
    assert info.pop("startCursor") == (nodes[0]["cursor"] if nodes else None)
    return nodes, info


async def types(**arguments: object) -> list[str]:
    nodes, _ = await page(**arguments)
    return [one["__typename"] for one in nodes]


async def present_cursor() -> str:
    answered: str = (await data(CURSOR))["gradeEventsCursor"]
    return answered


def encoded(body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def test_an_event_tells_what_when_why_and_of_whom(course: StoredCourse) -> None:
    answered = await data(
        """
        {
          gradeEvents {
            nodes {
              occurredAt cause correlationId actor { username }
              course { courseKey } learner { userId }
              ... on SubsectionGradeChanged {
                usageKey before { earned } after { earned possible display }
                subsectionGrade { version }
              }
              ... on CourseGradeChanged {
                before { percent } after { percent letterGrade passed passingStatus } deadline
              }
              ... on PassingStatusChanged { from to firstTimePassed courseGrade { percent } }
            }
          }
        }
        """
    )

    common = {
        "occurredAt": "2026-03-01T12:00:00Z",
        "cause": "SCORE_RECORDED",
        "correlationId": "0123456789abcdef0123456789abcdef",
        "actor": None,
        "course": {"courseKey": COURSE_KEY},
        "learner": {"userId": "11"},
    }

    def subsection(name: str, earned: float, possible: float, display: str) -> dict[str, Any]:
        return common | {
            "usageKey": sequential(name),
            "before": None,
            "after": {"earned": earned, "possible": possible, "display": display},
            "subsectionGrade": {"version": "1"},
        }

    assert answered["gradeEvents"]["nodes"] == [
        subsection("hw1", 5.0, 6.0, "5/6"),
        subsection("hw2", 4.0, 6.0, "4/6"),
        subsection("lab1", 9.0, 10.0, "9/10"),
        subsection("exam", 8.0, 10.0, "8/10"),
        common
        | {
            "before": None,
            "after": {
                "percent": 0.71,
                "letterGrade": "B",
                "passed": True,
                "passingStatus": "PASSING",
            },
            "deadline": "2026-07-01T00:00:00Z",
        },
        common
        | {
            "from": "NOT_ATTEMPTED",
            "to": "PASSING",
            "firstTimePassed": True,
            "courseGrade": {"percent": 0.71},
        },
    ]


async def test_pages_follow_each_other_without_gap_or_repetition(course: StoredCourse) -> None:
    whole, _ = await page()

    first, first_info = await page(first=4)
    second, second_info = await page(first=4, after=first_info["endCursor"])

    assert [one["__typename"] for one in whole] == KINDS
    assert [*first, *second] == whole
    assert first_info == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "endCursor": first[-1]["cursor"],
    }
    assert second_info == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "endCursor": second[-1]["cursor"],
    }


async def test_a_page_that_ends_with_the_log_has_no_next_one(course: StoredCourse) -> None:
    _, info = await page(first=6)

    assert info["hasNextPage"] is False


async def test_who_polls_keeps_the_cursor_of_an_empty_page(course: StoredCourse) -> None:
    _, info = await page()

    nodes, empty = await page(after=info["endCursor"])

    assert nodes == []
    assert empty == {**info, "hasPreviousPage": True}
    await record(course, [ADA], {"p4": (5, 5)})
    assert await types(after=empty["endCursor"]) == [KINDS[0], KINDS[4]]


async def test_an_empty_log_has_an_empty_page(database: str) -> None:
    assert await page() == (
        [],
        {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None},
    )


async def test_events_can_be_filtered_by_course_learner_and_kind(course: StoredCourse) -> None:
    other = await publish_course(OTHER)
    await enroll(other, ADA, BEA)
    await record(other, [ADA, BEA], {"p6": (1, 10)})
    three = [KINDS[0], *KINDS[4:]]

    assert await types() == [*KINDS, *three, *three]
    assert await types(courseKeys=[COURSE_KEY]) == KINDS
    assert await types(courseKeys=[OTHER, COURSE_KEY]) == [*KINDS, *three, *three]
    assert await types(courseKeys=[]) == []
    assert await types(courseKeys=["course-v1:Acme+Unknown+2026"]) == []
    assert await types(learner={"username": "bea"}) == three
    assert await types(learner={"username": "bea"}, courseKeys=[COURSE_KEY]) == []
    assert await types(learner={"username": "dan"}) == []
    assert await types(types=["PASSING_STATUS_CHANGED"]) == ["PassingStatusChanged"] * 3
    assert await types(
        types=["SUBSECTION_GRADE_CHANGED", "COURSE_GRADE_CHANGED"], courseKeys=[OTHER]
    ) == [*three[:2], *three[:2]]
    assert await types(types=[]) == []


async def test_a_filtered_page_counts_only_what_was_asked_for(course: StoredCourse) -> None:
    other = await publish_course(OTHER)
    await enroll(other, BEA)
    await record(other, [BEA], {"p6": (1, 10)})

    nodes, info = await page(types=["COURSE_GRADE_CHANGED"], first=1)
    rest, last = await page(types=["COURSE_GRADE_CHANGED"], first=1, after=info["endCursor"])

    assert [one["learner"]["username"] for one in [*nodes, *rest]] == ["ada", "bea"]
    assert (info["hasNextPage"], last["hasNextPage"]) == (True, False)


async def test_a_page_of_nothing_only_tells_whether_there_is_more(course: StoredCourse) -> None:
    assert await page(first=0) == (
        [],
        {"hasNextPage": True, "hasPreviousPage": False, "endCursor": None},
    )


async def test_five_hundred_events_are_asked_for_at_most(course: StoredCourse) -> None:
    assert await types(first=500) == KINDS
    refused = await refusal(PAGE, first=501)

    assert refused == {
        "message": "first may be at most 500; page on with the cursor.",
        "path": ["gradeEvents"],
        "code": "TOO_MANY_ITEMS",
    }


async def test_a_negative_page_is_refused(course: StoredCourse) -> None:
    assert (await refusal(PAGE, first=-1))["code"] == "INVALID_INPUT"


async def test_a_hundred_courses_are_asked_for_at_most(course: StoredCourse) -> None:
    keys = [f"course-v1:Acme+Heat+{number}" for number in range(101)]

    assert await types(courseKeys=[*keys[:99], COURSE_KEY]) == KINDS
    assert (await refusal(PAGE, courseKeys=keys))["code"] == "TOO_MANY_ITEMS"


NO_CURSORS = [
    "",
    "nonsense",
    "é",
    "====",
    encoded("["),
    encoded("[" * 5_000),
    encoded({}),
    encoded(["g", 1, "ada", "11"]),
    encoded(["e", "epoch", 0]),
    encoded(["e", "epoch", 0, -1]),
    encoded(["e", "epoch", 0, True]),
    encoded(["e", "epoch", 0, 1.0]),
    encoded(["e", "epoch", 0, 2**63]),
    encoded(["e", None, 0, 1]),
]


@pytest.mark.parametrize("after", NO_CURSORS)
async def test_what_is_no_cursor_is_refused(course: StoredCourse, after: str) -> None:
    assert await refusal(PAGE, after=after) == {
        "message": f"{after[:80]!r} is no cursor of grade events.",
        "path": ["gradeEvents"],
        "code": "INVALID_INPUT",
    }


async def test_a_cursor_of_another_life_of_the_log_has_expired(course: StoredCourse) -> None:
    refused = await refusal(PAGE, after=encoded(["e", "f" * 32, 0, 1]))

    assert refused["code"] == "CURSOR_EXPIRED"
    assert refused["message"] == (
        "The events behind this cursor are no longer kept. Read the state and "
        "`gradeEventsCursor` in one query, and go on from there."
    )


async def test_a_cursor_of_events_that_are_not_there_has_expired(course: StoredCourse) -> None:
    epoch = (await read_log_state()).epoch

    refused = await refusal(PAGE, after=encoded(["e", epoch, 2**62, 1]))

    assert refused["code"] == "CURSOR_EXPIRED"


async def test_a_cursor_is_good_until_what_is_behind_it_was_deleted(course: StoredCourse) -> None:
    nodes, _ = await page()
    course_later = await publish_course(OTHER)
    await enroll(course_later, BEA)
    assert await prune_events(older_than=NOW + timedelta(seconds=1)) == 6
    await record(course_later, [BEA], {"p6": (1, 10)})

    assert (await refusal(PAGE, after=nodes[4]["cursor"]))["code"] == "CURSOR_EXPIRED"
    # Nothing that was deleted is behind the last event.
    assert await types(after=nodes[5]["cursor"]) == [KINDS[0], *KINDS[4:]]
    assert await types() == [KINDS[0], *KINDS[4:]]
    state = await read_log_state()
    assert state.retained.id == 6


async def test_nobody_reads_events_without_the_right_to(course: StoredCourse) -> None:
    assert (await refusal(PAGE, AS_NOBODY))["code"] == "FORBIDDEN"
    assert (await refusal(CURSOR, AS_NOBODY))["code"] == "FORBIDDEN"


async def test_behind_the_present_cursor_is_what_comes(course: StoredCourse) -> None:
    cursor = await present_cursor()

    assert await types(after=cursor) == []
    await record(course, [ADA], {"p4": (5, 5)})
    assert await types(after=cursor) == [KINDS[0], KINDS[4]]
    assert await types(after=await present_cursor()) == []


GRADE = f'grade: courseGrade(courseKey: "{COURSE_KEY}", learner: {{username: "ada"}}) {{ percent }}'
STATE_AND_CURSOR = [
    f"{{ {GRADE} gradeEventsCursor }}",
    f"{{ gradeEventsCursor {GRADE} }}",
    f"query {{ {GRADE} ...place }} fragment place on Query {{ gradeEventsCursor }}",
]


@pytest.mark.parametrize("document", STATE_AND_CURSOR)
async def test_a_change_while_state_and_cursor_are_read_is_told_again_and_never_lost(
    course: StoredCourse, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_after_a_change(*asked: Any) -> None:  # noqa: ANN401
        await record(course, [ADA], {"p4": (5, 5)})
        await look_ahead(*asked)

    monkeypatch.setattr("schema.query.look_ahead", read_after_a_change)
    answered = await data(document)
    monkeypatch.undo()

    assert answered["grade"] == {"percent": 0.79}
    assert await types(after=answered["gradeEventsCursor"]) == [KINDS[0], KINDS[4]]


@pytest.mark.parametrize("document", STATE_AND_CURSOR)
async def test_a_change_after_the_state_was_read_is_behind_the_cursor(
    course: StoredCourse, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, present = course_grades.read, grade_events.present_cursor
    state_was_read = asyncio.Event()

    async def read_early(context: Context, of: StoredCourse, learner_id: LearnerId) -> CourseGrade:
        grade = await read(context, of, learner_id)
        state_was_read.set()
        return grade

    async def cursor_after_a_change(context: Context) -> str:
        await soon(state_was_read.wait())
        await record(course, [ADA], {"p4": (5, 5)})
        return await present(context)

    monkeypatch.setattr("resolvers.course_grades.read", read_early)
    monkeypatch.setattr("resolvers.grade_events.present_cursor", cursor_after_a_change)
    answered = await data(document)
    monkeypatch.undo()

    assert answered["grade"] == {"percent": 0.71}
    assert await types(after=answered["gradeEventsCursor"]) == [KINDS[0], KINDS[4]]


@pytest.mark.parametrize("size", [1, 50])
async def test_a_page_takes_as_many_statements_for_any_number_of_events(
    database: str, size: int, statements: list[str]
) -> None:
    course = await publish_course()
    learners = [Learner(LearnerId(100 + number), f"l{number}") for number in range(size)]
    await enroll(course, *learners)
    await record(course, learners)
    document = """
    { gradeEvents(first: 500) { nodes {
      learner { username } actor { username } course { displayName }
      ... on CourseGradeChanged { courseGrade { percent } }
      ... on PassingStatusChanged { courseGrade { percent } }
      ... on SubsectionGradeChanged { subsectionGrade { version } }
    } } }
    """
    await data(document)
    statements.clear()

    answered = await data(document)

    assert len(answered["gradeEvents"]["nodes"]) == 6 * size
    # State, events, course, learners, actor, course grades, subsection grades.
    assert len(statements) == 7
