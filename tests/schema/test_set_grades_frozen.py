"""``setGradesFrozen``, and that every other mutation refuses grades that are frozen."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from db.courses import StoredCourse
from db.learners import Learner
from db.sql import fetch
from grading import CourseKey, LearnerId
from resolvers.access import Scope, ServiceGrant, Viewer
from resolvers.job_running import run_chunk
from schema import schema
from tests.schema.execution import (
    AS_NOBODY,
    AS_STAFF,
    Asking,
    data,
    everything_stored,
    refused_change,
)
from tests.schema.heat import ADA, COURSE_KEY, END, NOW, enroll, problem, publish_course, sequential

SET: Final = """
mutation ($input: SetGradesFrozenInput!) {
  setGradesFrozen(input: $input) {
    gradesFreeze { frozen freezesAt frozenSince cause reason }
    userErrors { code field message }
  }
}
"""
READ: Final = """
query ($courseKey: CourseKey!) {
  course(courseKey: $courseKey) { gradesFreeze { frozen freezesAt frozenSince cause reason } }
}
"""
FREEZES_AT: Final = "2026-07-31T00:00:00Z"
AFTER_THE_DATE: Final = END + timedelta(days=40)
OPEN: Final = {
    "frozen": False,
    "freezesAt": FREEZES_AT,
    "frozenSince": None,
    "cause": None,
    "reason": None,
}


async def put(frozen: bool, asking: Asking = AS_STAFF, **more: object) -> dict[str, Any]:
    """Freeze or open; return the freeze as it is told to be."""
    asked = {"courseKey": COURSE_KEY, "frozen": frozen, **more}
    answered = (await data(SET, asking, input=asked))["setGradesFrozen"]
    assert answered["userErrors"] == []
    found: dict[str, Any] = answered["gradesFreeze"]
    assert await read(asking) == found
    return found


async def read(asking: Asking = AS_STAFF) -> dict[str, Any]:
    answered = await data(READ, asking, courseKey=COURSE_KEY)
    found: dict[str, Any] = answered["course"]["gradesFreeze"]
    return found


def at(moment: datetime) -> Asking:
    return replace(AS_STAFF, now=moment)


def by_hand(since: str, reason: str | None = None) -> dict[str, Any]:
    return OPEN | {
        "frozen": True,
        "frozenSince": since,
        "cause": "SET_BY_STAFF",
        "reason": reason,
    }


async def test_staff_freeze_grades_and_say_why(course: StoredCourse) -> None:
    assert await read() == OPEN

    frozen = await put(True, reason="  marks are with the board ")

    assert frozen == by_hand("2026-03-01T12:00:00Z", "marks are with the board")


async def test_freezing_twice_keeps_the_moment_and_stores_nothing(course: StoredCourse) -> None:
    first = await put(True, reason="board")
    stored = await everything_stored()
    later = at(NOW + timedelta(hours=1))

    assert await put(True, later, reason="board") == first
    assert await everything_stored() == stored
    assert await put(True, later, reason="exam board") == first | {"reason": "exam board"}
    assert await put(True, later) == first | {"reason": None}


async def test_opening_before_the_date_leaves_it_to_the_date(course: StoredCourse) -> None:
    await put(True)

    assert await put(False, reason="they found a mistake") == OPEN

    assert await read(at(AFTER_THE_DATE)) == OPEN | {
        "frozen": True,
        "frozenSince": FREEZES_AT,
        "cause": "COURSE_ENDED",
    }


async def test_opening_by_hand_reopens_a_course_that_the_date_froze(course: StoredCourse) -> None:
    late = at(AFTER_THE_DATE)
    assert (await read(late))["cause"] == "COURSE_ENDED"

    opened = await put(False, late, reason="an appeal")

    assert opened == OPEN | {"reason": "an appeal"}
    assert await read(at(AFTER_THE_DATE + timedelta(days=400))) == opened
    again = await put(True, at(AFTER_THE_DATE + timedelta(days=1)))
    assert again == by_hand("2026-08-11T00:00:00Z")


async def test_opening_what_is_open_stores_nothing(course: StoredCourse) -> None:
    stored = await everything_stored()

    assert await put(False, reason="why not") == OPEN
    assert await everything_stored() == stored


@pytest.mark.parametrize("reason", ["x" * 1_001, "nul\0", "half \ud800"])
async def test_a_reason_that_cannot_be_stored_is_refused(course: StoredCourse, reason: str) -> None:
    payload = await refused_change(
        SET, input={"courseKey": COURSE_KEY, "frozen": True, "reason": reason}
    )

    assert payload == {
        "gradesFreeze": None,
        "userErrors": [
            {
                "code": "INVALID_INPUT",
                "field": ["reason"],
                "message": (
                    "A reason has at most 1000 characters, none of them NUL or half a character."
                ),
            }
        ],
    }


def viewer(**more: Any) -> Asking:  # noqa: ANN401
    return replace(AS_STAFF, viewer=Viewer("somebody", **more))


HEAT: Final = frozenset({CourseKey(COURSE_KEY)})


@pytest.mark.parametrize(
    ("asking", "code"),
    [
        (AS_NOBODY, "COURSE_NOT_FOUND"),
        (viewer(), "COURSE_NOT_FOUND"),
        (viewer(learner_id=ADA.id, enrolled_in=HEAT), "FORBIDDEN"),
        (viewer(service=ServiceGrant(frozenset({Scope.GRADES_WRITE}))), "FORBIDDEN"),
        (
            viewer(service=ServiceGrant(frozenset({Scope.COURSES_WRITE}), frozenset({"Other"}))),
            "COURSE_NOT_FOUND",
        ),
    ],
)
async def test_who_may_not_change_how_a_course_is_graded_may_not_freeze_it(
    course: StoredCourse, asking: Asking, code: str
) -> None:
    payload = await refused_change(SET, asking, input={"courseKey": COURSE_KEY, "frozen": True})

    assert payload["gradesFreeze"] is None
    assert [error["code"] for error in payload["userErrors"]] == [code]


async def test_course_staff_and_services_of_courses_may(course: StoredCourse) -> None:
    service = ServiceGrant(frozenset({Scope.COURSES_WRITE}), frozenset({"Acme"}))

    assert (await put(True, viewer(staff_of=HEAT)))["frozen"]
    assert not (await put(False, viewer(service=service)))["frozen"]


SCORE: Final = {
    "learner": {"username": "bea"},
    "usageKey": problem("p1"),
    "scoreGiven": 1,
    "scoreMaximum": 4,
    "timestamp": "2026-02-03T00:00:00Z",
}
PLACE: Final = {"learner": {"username": "ada"}, "usageKey": sequential("hw1")}
# Every mutation that writes grades, with an input that changes some where they are open.
WRITES: Final[dict[str, dict[str, Any]]] = {
    "updateGrade": {"learner": {"username": "ada"}, "forceUpdateSubsections": True},
    "updateGrades": {},
    "recordScores": {"scores": [SCORE]},
    "overrideSubsectionGrade": {**PLACE, "values": {"earnedGraded": 1}},
    "removeSubsectionGradeOverride": PLACE,
    "updateGradingPolicy": {
        "assignmentTypes": [{"name": "Exam", "weight": 1, "minCount": 1}],
        "gradeCutoffs": [{"letterGrade": "Pass", "threshold": 0.5}],
    },
    "bulkOverrideSubsectionGrades": {"items": [{**PLACE, "values": {"earnedGraded": 1}}]},
    "importGrades": {"csv": f"user_id,course_id,new_override-hw1\n{ADA.id},{COURSE_KEY},1\n"},
}
WRITES_NO_GRADES: Final = {
    *("cancelGradeJob", "exportGrades", "setGradesFrozen"),
    *("registerWebhook", "updateWebhook", "retryWebhook", "removeWebhook"),
}


def test_every_mutation_is_known_to_write_grades_or_not() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None

    assert set(mutations.fields) == WRITES.keys() | WRITES_NO_GRADES


def document_of(name: str) -> str:
    input_type = name[0].upper() + name[1:] + "Input"
    return (
        f"mutation ($input: {input_type}!) {{ {name}(input: $input) {{"
        " userErrors { code message ... on GradesFrozenError { frozenSince } } } }"
    )


@pytest.fixture
async def changed(course: StoredCourse) -> StoredCourse:
    """The course with an override of Ada's, in another version than her grade's."""
    override = {"courseKey": COURSE_KEY, **PLACE, "values": {"earnedGraded": 2}}
    answered = await data(document_of("overrideSubsectionGrade"), input=override)
    assert answered["overrideSubsectionGrade"]["userErrors"] == []
    return await publish_course(sections=course.content.structure.sections[:1])


@pytest.mark.parametrize("name", WRITES)
async def test_a_mutation_writes_grades_that_are_open(changed: StoredCourse, name: str) -> None:
    before = await everything_stored()

    answered = await data(document_of(name), input={"courseKey": COURSE_KEY, **WRITES[name]})
    while await run_chunk(AS_STAFF.context()):
        pass  # what it left to a job

    assert answered[name]["userErrors"] == []
    after = await everything_stored()
    assert after["course_grade"] != before["course_grade"]
    assert after["grade_event"] != before["grade_event"]


@pytest.mark.parametrize(
    ("frozen_by", "since", "frozen_since"),
    [
        ("the date", "2026-07-31 00:00 UTC, because the course has ended", FREEZES_AT),
        ("staff", "2026-03-01 12:00 UTC, by staff (board)", "2026-03-01T12:00:00Z"),
    ],
    ids=["by date", "by hand"],
)
@pytest.mark.parametrize("name", WRITES)
async def test_a_mutation_stores_and_announces_nothing_of_frozen_grades(
    changed: StoredCourse, name: str, frozen_by: str, since: str, frozen_since: str
) -> None:
    asking = at(AFTER_THE_DATE)
    if frozen_by == "staff":
        await put(True, reason="board")
        asking = AS_STAFF

    payload = await refused_change(
        document_of(name), asking, input={"courseKey": COURSE_KEY, **WRITES[name]}
    )

    assert payload == {
        "userErrors": [
            {
                "code": "GRADES_FROZEN",
                "message": f"The grades of this course are frozen since {since}.",
                "frozenSince": frozen_since,
            }
        ]
    }


async def test_frozen_grades_take_no_job_of_a_large_class(course: StoredCourse) -> None:
    others = [Learner(LearnerId(number), f"learner{number}") for number in range(1000, 1101)]
    await enroll(course, *others)
    await put(True, reason="board")

    payload = await refused_change(document_of("updateGrades"), input={"courseKey": COURSE_KEY})

    assert [error["code"] for error in payload["userErrors"]] == ["GRADES_FROZEN"]
    assert await fetch("select count(*) from grade_job") == [(0,)]
