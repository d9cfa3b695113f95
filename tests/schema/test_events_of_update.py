"""``updateGrade.events``: what an update announced, and nothing that others did."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from tests.schema.execution import AS_STAFF, data
from tests.schema.heat import ADA, COURSE_KEY, NOW, POLICY, problem, publish_course, record

UPDATE = """
mutation ($input: UpdateGradeInput!) {
  updateGrade(input: $input) {
    courseGrade { percent version }
    events {
      __typename id cursor occurredAt cause correlationId learner { username }
      course { courseKey }
      ... on CourseGradeChanged {
        before { percent letterGrade passed } after { percent letterGrade passed }
      }
      ... on PassingStatusChanged { from to firstTimePassed }
    }
    userErrors { code }
  }
}
"""
LATER = replace(AS_STAFF, now=NOW + timedelta(days=1))
HARDER = {**POLICY, "GRADE_CUTOFFS": {"Pass": 0.72}}


async def update(username: str, **more: object) -> dict[str, Any]:
    given = {"courseKey": COURSE_KEY, "learner": {"username": username}, **more}
    answered: dict[str, Any] = (await data(UPDATE, LATER, input=given))["updateGrade"]
    return answered


@pytest.mark.parametrize("force", [False, True])
async def test_an_update_that_changes_nothing_announces_nothing(
    course: StoredCourse, force: bool
) -> None:
    answered = await update("ada", forceUpdateSubsections=force)

    assert answered["courseGrade"] == {"percent": 0.71, "version": "1"}
    assert answered["events"] == []


async def test_who_did_nothing_is_announced_by_nothing(course: StoredCourse) -> None:
    assert (await update("bea", forceUpdateSubsections=True))["events"] == []


async def test_a_refused_update_announces_nothing(course: StoredCourse) -> None:
    answered = await update("dan")

    assert (answered["courseGrade"], answered["events"]) == (None, [])
    assert answered["userErrors"] == [{"code": "LEARNER_NOT_FOUND"}]


async def test_an_update_tells_what_it_announced(course: StoredCourse) -> None:
    await publish_course(policy=HARDER)

    answered = await update("ada")

    grade, status = answered["events"]
    assert grade.pop("correlationId") == status.pop("correlationId")
    assert grade.pop("id") != status.pop("id")
    assert grade.pop("cursor") != status.pop("cursor")
    common = {
        "occurredAt": "2026-03-02T12:00:00Z",
        "cause": "GRADE_UPDATED",
        "learner": {"username": "ada"},
        "course": {"courseKey": COURSE_KEY},
    }
    assert grade == common | {
        "__typename": "CourseGradeChanged",
        "before": {"percent": 0.71, "letterGrade": "B", "passed": True},
        "after": {"percent": 0.71, "letterGrade": None, "passed": False},
    }
    assert status == common | {
        "__typename": "PassingStatusChanged",
        "from": "PASSING",
        "to": "FAILING",
        "firstTimePassed": False,
    }
    assert answered["courseGrade"] == {"percent": 0.71, "version": "2"}
    assert (await update("ada"))["events"] == []


async def test_it_tells_the_events_that_the_log_has(course: StoredCourse) -> None:
    before = (await data("{ gradeEventsCursor }"))["gradeEventsCursor"]
    await publish_course(policy=HARDER)

    told = (await update("ada"))["events"]

    log = await data(
        "query ($after: String) { gradeEvents(after: $after) { nodes { id cursor } } }",
        after=before,
    )
    assert log["gradeEvents"]["nodes"] == [
        {"id": one["id"], "cursor": one["cursor"]} for one in told
    ]


async def test_two_updates_in_one_request_tell_their_own_events(course: StoredCourse) -> None:
    await record(course, [ADA], {"p4": (5, 5)})
    await publish_course(policy=HARDER)
    given = f'{{courseKey: "{COURSE_KEY}", learner: {{username: "%s"}}}}'
    document = f"""
    mutation {{
      ada: updateGrade(input: {given % "ada"}) {{ events {{ __typename }} }}
      bea: updateGrade(input: {given % "bea"}) {{ events {{ __typename }} }}
    }}
    """

    answered = await data(document, LATER)

    assert answered == {
        "ada": {"events": [{"__typename": "CourseGradeChanged"}]},
        "bea": {"events": []},
    }


async def test_of_two_updates_of_one_learner_in_one_request_each_tells_its_own(
    course: StoredCourse,
) -> None:
    await publish_course(policy=HARDER)
    given = f'{{courseKey: "{COURSE_KEY}", learner: {{username: "ada"}}}}'

    answered = await data(
        f"""mutation {{
          one: updateGrade(input: {given}) {{ events {{ __typename }} }}
          other: updateGrade(input: {given}) {{ events {{ __typename }} }}
        }}""",
        LATER,
    )

    assert answered["one"]["events"] == [
        {"__typename": "CourseGradeChanged"},
        {"__typename": "PassingStatusChanged"},
    ]
    assert answered["other"]["events"] == []


async def test_what_a_score_in_the_same_request_announced_is_not_the_updates(
    course: StoredCourse,
) -> None:
    learner = 'learner: {username: "ada"}'
    document = f"""
    mutation {{
      recordScores(input: {{courseKey: "{COURSE_KEY}", scores: [{{
        {learner}, usageKey: "{problem("p4")}", scoreGiven: 5, scoreMaximum: 5
        timestamp: "2026-02-02T00:00:00Z"
      }}]}}) {{ results {{ applied }} }}
      updateGrade(input: {{courseKey: "{COURSE_KEY}", {learner}}}) {{
        courseGrade {{ percent }} events {{ __typename }}
      }}
    }}
    """

    answered = await data(document, LATER)

    assert answered == {
        "recordScores": {"results": [{"applied": True}]},
        "updateGrade": {"courseGrade": {"percent": 0.79}, "events": []},
    }
