"""``updateGrades``: several learners' grades; one who fails stops nobody else."""

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import grading
from db.courses import StoredCourse
from db.learners import Learner, save_learners
from db.sql import execute, fetch
from grading import CourseContent, LearnerId, LearnerRecord, Regraded, UsageKey
from resolvers import regrading
from resolvers.job_running import run_chunk
from resolvers.regrading import NewOverrides
from tests.schema.execution import (
    AS_NOBODY,
    AS_STAFF,
    data,
    everything_stored,
    refusal,
    refused_change,
)
from tests.schema.heat import (
    ADA,
    BEA,
    COURSE_KEY,
    POLICY,
    PUBLISHED,
    enroll,
    publish_course,
    record,
)

UPDATE = """
mutation ($input: UpdateGradesInput!) {
  updateGrades(input: $input) {
    results {
      learner { username }
      enrollment { active }
      courseGrade { percent passed version }
      error { code message }
    }
    userErrors { __typename code message field }
  }
}
"""
FROZEN = replace(AS_STAFF, now=datetime(2026, 8, 1, tzinfo=UTC))


def named(*usernames: str, **more: object) -> dict[str, Any]:
    return {
        "courseKey": COURSE_KEY,
        "learners": [{"username": username} for username in usernames],
        **more,
    }


def entry(
    username: str, percent: float, passed: bool, version: str, active: bool = True
) -> dict[str, Any]:
    return {
        "learner": {"username": username},
        "enrollment": {"active": active},
        "courseGrade": {"percent": percent, "passed": passed, "version": version},
        "error": None,
    }


def refused(code: str, message: str, *field: str) -> dict[str, Any]:
    return {
        "__typename": "InputError",
        "code": code,
        "message": message,
        "field": list(field) or None,
    }


async def test_learners_are_answered_in_the_order_of_the_input(course: StoredCourse) -> None:
    answered = await data(UPDATE, input=named("cyd", "ada", "bea"))

    assert answered["updateGrades"] == {
        "results": [
            entry("cyd", 0.0, False, "0", active=False),
            entry("ada", 0.71, True, "1"),
            entry("bea", 0.0, False, "0"),
        ],
        "userErrors": [],
    }


@pytest.mark.parametrize("learners", [{}, {"learners": None}])
async def test_nobody_named_is_everybody_active(
    course: StoredCourse, learners: dict[str, None]
) -> None:
    answered = await data(UPDATE, input={"courseKey": COURSE_KEY, **learners})

    assert answered["updateGrades"] == {
        "results": [entry("ada", 0.71, True, "1"), entry("bea", 0.0, False, "0")],
        "userErrors": [],
    }


async def test_an_empty_list_is_nobody(course: StoredCourse) -> None:
    assert await refused_change(UPDATE, input=named()) == {"results": [], "userErrors": []}


async def test_an_update_that_changes_nothing_writes_nothing(course: StoredCourse) -> None:
    before = await everything_stored()

    await data(UPDATE, input={"courseKey": COURSE_KEY})

    assert await everything_stored() == before


async def test_everybody_is_regraded_by_the_present_policy(course: StoredCourse) -> None:
    await record(course, [BEA], {"p6": (10, 10)})
    await publish_course(policy={**POLICY, "GRADE_CUTOFFS": {"Pass": 0.3}})

    answered = await data(UPDATE, input={"courseKey": COURSE_KEY})

    # Bea: the exam alone is 1 x 0.3, a fail before.
    assert answered["updateGrades"]["results"] == [
        entry("ada", 0.71, True, "2"),
        entry("bea", 0.3, True, "2"),
    ]


@pytest.mark.parametrize(
    ("force", "percent"),
    [
        ({}, 1.0),
        ({"forceUpdateSubsections": None}, 1.0),
        ({"forceUpdateSubsections": True}, 1.0),
        ({"forceUpdateSubsections": False}, 0.88),
    ],
)
async def test_subsections_are_recomputed_unless_told_otherwise(
    course: StoredCourse, force: dict[str, bool | None], percent: float
) -> None:
    # Homework (1 + 0.8333) / 2, the others as they were: 0.458325 + 0.18 + 0.24 = 0.878325.
    await record(course, [ADA], {"p4": (5, 5)})
    await execute("update problem_score set earned = possible")
    kinds = [{**kind, "min_count": 0} for kind in POLICY["GRADER"]]
    await publish_course(policy={**POLICY, "GRADER": kinds})
    unforced = {"courseKey": COURSE_KEY, "forceUpdateSubsections": False}
    await data(UPDATE, input=unforced)

    answered = await data(UPDATE, input=named("ada", **force))

    (result,) = answered["updateGrades"]["results"]
    assert result["courseGrade"]["percent"] == percent


async def test_those_who_cannot_be_graded_are_named_and_the_others_graded(
    course: StoredCourse,
) -> None:
    await save_learners([Learner(LearnerId(14), "dan")], now=PUBLISHED)
    given = named("eve", "ada", "dan", "ada")
    given["learners"].append({"id": "11"})

    answered = await data(UPDATE, input=given)

    assert answered["updateGrades"] == {
        "results": [entry("ada", 0.71, True, "1")],
        "userErrors": [
            refused(
                "LEARNER_NOT_FOUND",
                "There is no learner whose username is 'eve'.",
                "learners",
                "0",
            ),
            refused(
                "LEARNER_NOT_ENROLLED",
                f"Learner 'dan' is not enrolled in {COURSE_KEY}.",
                "learners",
                "2",
            ),
            refused("DUPLICATE_ITEM", "This learner is named twice.", "learners", "3"),
            refused("INVALID_INPUT", "'11' is no id of this service.", "learners", "4"),
        ],
    }


async def test_a_learner_who_cannot_be_graded_stops_nobody_else(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def regrade(
        content: CourseContent,
        learner_id: LearnerId,
        record: LearnerRecord,
        *,
        recompute: Iterable[UsageKey],
        cleared: Collection[UsageKey],
        overrides: NewOverrides | None,
        now: datetime,
    ) -> Regraded:
        if learner_id == BEA.id:
            raise ZeroDivisionError("a bug of ours")
        return grading.regrade(
            content,
            learner_id,
            record,
            recompute=recompute,
            cleared=cleared,
            overrides=overrides,
            now=now,
        )

    monkeypatch.setattr(regrading, "regrade", regrade)

    answered = await data(UPDATE, input=named("bea", "ada"))

    assert answered["updateGrades"] == {
        "results": [
            {
                "learner": {"username": "bea"},
                "enrollment": {"active": True},
                "courseGrade": None,
                "error": {
                    "code": "COMPUTATION_FAILED",
                    "message": "This learner's grade could not be computed; see the log.",
                },
            },
            entry("ada", 0.71, True, "1"),
        ],
        "userErrors": [],
    }
    (bug,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert bug.getMessage() == "learner 12 cannot be graded"
    assert "a bug of ours" in caplog.text


def nothing_done(*error: str) -> dict[str, Any]:
    return {"results": None, "userErrors": [refused(*error)]}


async def test_a_thousand_learners_may_be_named_and_no_more(course: StoredCourse) -> None:
    names = [f"learner{number}" for number in range(100)]

    assert (await refusal(UPDATE, input=named(*["ada"] * 1_001)))["code"] == "TOO_MANY_ITEMS"
    answered = await data(UPDATE, input=named(*names, "ada"))
    assert answered["updateGrades"]["results"] == [entry("ada", 0.71, True, "1")]
    assert len(answered["updateGrades"]["userErrors"]) == 100


JOB = """
mutation ($input: UpdateGradesInput!) {
  updateGrades(input: $input) {
    results { id }
    job { id state total processed saved course { courseKey } }
    userErrors { code field }
  }
}
"""


async def large_class(course: StoredCourse) -> list[str]:
    """Enroll 101 learners beside those who are there; return their names."""
    others = [Learner(LearnerId(number), f"learner{number}") for number in range(1000, 1101)]
    await enroll(course, *others)
    return [one.username for one in others]


async def test_more_than_a_hundred_become_a_job(course: StoredCourse) -> None:
    names = await large_class(course)

    answered = await data(JOB, input=named(*names, "ada", "nobody", "ada"))

    update = answered["updateGrades"]
    assert update["results"] is None
    assert update["userErrors"] == [
        {"code": "LEARNER_NOT_FOUND", "field": ["learners", "102"]},
        {"code": "DUPLICATE_ITEM", "field": ["learners", "103"]},
    ]
    job = update["job"]
    assert (job["state"], job["total"], job["processed"]) == ("QUEUED", 102, 0)
    assert job["course"] == {"courseKey": COURSE_KEY}
    while await run_chunk(AS_STAFF.context()):
        pass
    done = await data(
        "query ($id: ID!) { gradeJob(id: $id) { state processed saved failed } }", id=job["id"]
    )
    assert done["gradeJob"] == {"state": "COMPLETED", "processed": 102, "saved": 0, "failed": 0}


async def test_all_of_a_large_course_become_a_job(course: StoredCourse) -> None:
    others = [Learner(LearnerId(number), f"learner{number}") for number in range(1000, 1098)]
    await enroll(course, *others)
    answered = await data(JOB, input={"courseKey": COURSE_KEY})
    assert len(answered["updateGrades"]["results"]) == 100
    assert answered["updateGrades"]["job"] is None

    await enroll(course, Learner(LearnerId(2000), "one too many"))

    answered = await data(JOB, input={"courseKey": COURSE_KEY})
    assert answered["updateGrades"]["results"] is None
    assert answered["updateGrades"]["job"]["total"] == 101


async def test_a_job_that_is_asked_for_again_is_the_same_job(course: StoredCourse) -> None:
    names = await large_class(course)
    given = named(*names, "nobody", idempotencyKey="once")

    first = await data(JOB, input=given)
    before = await everything_stored()
    again = await data(JOB, input=given)

    assert again == first
    assert await everything_stored() == before


async def test_a_job_that_is_asked_for_at_once_five_times_is_one_job(
    course: StoredCourse,
) -> None:
    given = named(*await large_class(course), idempotencyKey="once")

    answers = await asyncio.gather(*(data(JOB, input=given) for _ in range(5)))

    assert answers == [answers[0]] * 5
    assert answers[0]["updateGrades"]["job"]["total"] == 101
    assert await fetch("select count(*) from grade_job") == [(1,)]


async def test_a_frozen_course_refuses(course: StoredCourse) -> None:
    message = (
        "The grades of this course are frozen since 2026-07-31 00:00 UTC, "
        "because the course has ended."
    )
    error = refused("GRADES_FROZEN", message) | {"__typename": "GradesFrozenError"}

    assert await refused_change(UPDATE, FROZEN, input=named("ada")) == {
        "results": None,
        "userErrors": [error],
    }


async def test_an_unknown_course_is_refused(course: StoredCourse) -> None:
    given = named("ada", courseKey="course-v1:Acme+Cold+2026")

    assert await refused_change(UPDATE, input=given) == nothing_done(
        "COURSE_NOT_FOUND",
        "There is no course course-v1:Acme+Cold+2026, or you may not know of it.",
    )


@pytest.mark.parametrize("given", [named("ada"), named("eve"), {"courseKey": COURSE_KEY}])
async def test_nobody_in_particular_learns_and_changes_nothing(
    course: StoredCourse, given: dict[str, Any]
) -> None:
    assert await refused_change(UPDATE, AS_NOBODY, input=given) == nothing_done(
        "COURSE_NOT_FOUND", f"There is no course {COURSE_KEY}, or you may not know of it."
    )


async def test_a_filter_says_whose_grades_are_updated(course: StoredCourse) -> None:
    await publish_course(sections=course.content.structure.sections[:1])

    answered = await data(
        UPDATE, input={"courseKey": COURSE_KEY, "filter": {"passingStatus": ["PASSING"]}}
    )

    # Two homeworks of three: 0.75 x 0.5 = 0.375.
    assert answered["updateGrades"] == {
        "results": [entry("ada", 0.38, False, "2")],
        "userErrors": [],
    }


async def test_names_and_a_filter_are_refused(course: StoredCourse) -> None:
    payload = await refused_change(UPDATE, input=named("ada", filter={"search": "a"}))

    assert payload == {
        "results": None,
        "userErrors": [
            {
                "__typename": "InputError",
                "code": "INVALID_INPUT",
                "message": "Name learners or give a filter, not both.",
                "field": ["filter"],
            }
        ],
    }
