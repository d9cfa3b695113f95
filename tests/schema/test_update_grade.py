"""``updateGrade``: one learner's grade, computed, stored and answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from db.learners import Learner, save_learners
from grading import LearnerId
from tests.schema.execution import (
    AS_NOBODY,
    AS_STAFF,
    data,
    everything_stored,
    refusal,
    refused_change,
)
from tests.schema.heat import COURSE_KEY, NOW, POLICY, PUBLISHED, publish_course

UPDATE = """
mutation ($input: UpdateGradeInput!) {
  updateGrade(input: $input) {
    courseGrade {
      percent letterGrade passed passedAt persisted version lastUpdated staleness
      learner { username }
    }
    userErrors { __typename code message field ... on GradesFrozenError { frozenSince } }
  }
}
"""
LATER = replace(AS_STAFF, now=NOW + timedelta(days=1))
FROZEN = replace(AS_STAFF, now=datetime(2026, 8, 1, tzinfo=UTC))


def of(username: str, **more: object) -> dict[str, Any]:
    return {"courseKey": COURSE_KEY, "learner": {"username": username}, **more}


@pytest.mark.parametrize(
    "force",
    [{}, {"forceUpdateSubsections": None}]
    + [{"forceUpdateSubsections": force} for force in (False, True)],
)
async def test_an_update_that_changes_nothing_writes_nothing(
    course: StoredCourse, force: dict[str, bool | None]
) -> None:
    before = await everything_stored()

    answered = await data(UPDATE, LATER, input=of("ada", **force))

    assert answered["updateGrade"] == {
        "courseGrade": {
            "percent": 0.71,
            "letterGrade": "B",
            "passed": True,
            "passedAt": "2026-03-01T12:00:00Z",
            "persisted": True,
            "version": "1",
            "lastUpdated": "2026-03-01T12:00:00Z",
            "staleness": [],
            "learner": {"username": "ada"},
        },
        "userErrors": [],
    }
    assert await everything_stored() == before


async def test_an_update_regrades_by_the_present_policy(course: StoredCourse) -> None:
    await publish_course(policy={**POLICY, "GRADE_CUTOFFS": {"Pass": 0.72}})

    answered = await data(UPDATE, LATER, input=of("ada"))

    assert answered["updateGrade"] == {
        "courseGrade": {
            "percent": 0.71,
            "letterGrade": None,
            "passed": False,
            "passedAt": "2026-03-01T12:00:00Z",
            "persisted": True,
            "version": "2",
            "lastUpdated": "2026-03-02T12:00:00Z",
            "staleness": [],
            "learner": {"username": "ada"},
        },
        "userErrors": [],
    }
    read = await data(
        'query ($key: CourseKey!) { courseGrade(courseKey: $key, learner: {username: "ada"})'
        " { passed version } }",
        key=COURSE_KEY,
    )
    assert read == {"courseGrade": {"passed": False, "version": "2"}}


async def test_whoever_did_nothing_gets_no_row(course: StoredCourse) -> None:
    before = await everything_stored()

    answered = await data(UPDATE, input=of("bea", forceUpdateSubsections=True))

    assert answered["updateGrade"] == {
        "courseGrade": {
            "percent": 0.0,
            "letterGrade": None,
            "passed": False,
            "passedAt": None,
            "persisted": False,
            "version": "0",
            "lastUpdated": None,
            "staleness": [],
            "learner": {"username": "bea"},
        },
        "userErrors": [],
    }
    assert await everything_stored() == before


def one_error(code: str, message: str, **more: object) -> dict[str, Any]:
    error = {"__typename": "InputError", "code": code, "message": message, "field": None}
    return {"courseGrade": None, "userErrors": [error | more]}


async def test_a_frozen_course_refuses(course: StoredCourse) -> None:
    assert await refused_change(UPDATE, FROZEN, input=of("ada")) == one_error(
        "GRADES_FROZEN",
        "The grades of this course are frozen since 2026-07-31 00:00 UTC, "
        "because the course has ended.",
        __typename="GradesFrozenError",
        frozenSince="2026-07-31T00:00:00Z",
    )


async def test_an_unknown_course_is_refused(course: StoredCourse) -> None:
    given = of("ada", courseKey="course-v1:Acme+Cold+2026")

    assert await refused_change(UPDATE, input=given) == one_error(
        "COURSE_NOT_FOUND",
        "There is no course course-v1:Acme+Cold+2026, or you may not know of it.",
    )


async def test_an_unknown_learner_is_refused(course: StoredCourse) -> None:
    assert await refused_change(UPDATE, input=of("eve")) == one_error(
        "LEARNER_NOT_FOUND", "There is no learner whose username is 'eve'."
    )


async def test_a_learner_who_was_never_enrolled_is_refused(course: StoredCourse) -> None:
    await save_learners([Learner(LearnerId(14), "dan")], now=PUBLISHED)

    assert await refused_change(UPDATE, input=of("dan")) == one_error(
        "LEARNER_NOT_ENROLLED", f"Learner 14 is not enrolled in {COURSE_KEY}."
    )


async def test_a_malformed_learner_id_is_refused(course: StoredCourse) -> None:
    assert await refused_change(UPDATE, input=of("", learner={"id": "11"})) == one_error(
        "INVALID_INPUT", "'11' is no id of this service."
    )


async def test_nobody_in_particular_learns_and_changes_nothing(course: StoredCourse) -> None:
    unknown = of("eve", courseKey="course-v1:Acme+Cold+2026")

    for given in (of("ada"), of("eve"), unknown):
        assert await refused_change(UPDATE, AS_NOBODY, input=given) == one_error(
            "COURSE_NOT_FOUND",
            f"There is no course {given['courseKey']}, or you may not know of it.",
        )


async def test_a_malformed_course_key_is_refused(course: StoredCourse) -> None:
    error = await refusal(UPDATE, input=of("ada", courseKey="Heat"))

    assert error == {
        "message": "Variable '$input' has invalid value at .courseKey: 'Heat' is no course key; "
        "expected course-v1:ORG+COURSE+RUN.",
        "path": None,
        "code": "INVALID_INPUT",
    }
