"""``ifVersion``: of two who have seen the same grade, the second is told what the first did."""

import asyncio
from typing import Any

import pytest

from db.courses import StoredCourse
from db.sql import fetch
from tests.invariants import broken_rules
from tests.schema.execution import everything_stored
from tests.schema.heat import BEA, record
from tests.schema.overriding import bulk, override, remove, removing, setting, target
from tests.schema.writes import WRITES, score


def conflict(current: str, what: str, expected: str, *field: str) -> dict[str, Any]:
    return {
        "__typename": "VersionConflictError",
        "code": "VERSION_CONFLICT",
        "message": f"Somebody else has changed this {what}: it is at version {current}, "
        f"not {expected!r}. Look at it as it is now, and decide anew.",
        "field": list(field) or ["ifVersion"],
        "currentVersion": current,
    }


async def test_the_version_that_was_seen_lets_a_change_through(course: StoredCourse) -> None:
    first = await override(setting("exam", 10, ifVersion="1"))
    second = await override(setting("exam", 9, ifVersion="2"))
    third = await remove(removing("exam", ifVersion="3"))

    versions = [one["subsectionGrade"]["version"] for one in (first, second, third)]
    assert versions == ["2", "3", "4"]


async def test_what_is_not_stored_has_version_zero(course: StoredCourse) -> None:
    answered = await override(setting("hw3", 5, "bea", ifVersion="0"))

    assert answered["subsectionGrade"]["version"] == "1"
    again = await override(setting("hw3", 4, "bea", ifVersion="0"))
    assert [error["currentVersion"] for error in again["userErrors"]] == ["1"]


async def test_an_older_version_is_a_conflict_with_the_present_state(course: StoredCourse) -> None:
    await override(setting("exam", 10))
    stored = await everything_stored()

    for change in (
        override(setting("exam", 3, ifVersion="1")),
        remove(removing("exam", ifVersion="1")),
    ):
        answered = await change

        assert answered["userErrors"] == [
            conflict("2", "subsection grade", "1")
            | {
                "currentCourseGrade": {"version": "2", "percent": 0.77},
                "currentSubsectionGrade": {"version": "2", "gradedTotal": {"display": "10/10"}},
            }
        ]
        assert (answered["subsectionGrade"], answered["courseGrade"], answered["events"]) == (
            None,
            None,
            [],
        )
    assert await everything_stored() == stored


@pytest.mark.parametrize("seen", ["0", "01", "2", "-1", "", "one", "9" * 400, "\0", "\ud800"])
async def test_any_other_version_is_a_conflict(course: StoredCourse, seen: str) -> None:
    answered = await override(setting("exam", 3, ifVersion=seen))

    (error,) = answered["userErrors"]
    assert (error["code"], error["currentVersion"]) == ("VERSION_CONFLICT", "1")
    assert len(error["message"]) < 200


async def test_an_update_is_checked_against_the_course_grade(course: StoredCourse) -> None:
    write = WRITES["updateGrade"]
    assert (await write.send(ifVersion="1"))["userErrors"] == []
    await override(setting("exam", 10))
    stored = await everything_stored()

    answered = await write.send(ifVersion="1")

    assert answered["courseGrade"] is None
    assert answered["userErrors"] == [
        conflict("2", "course grade", "1")
        | {
            "currentCourseGrade": {"version": "2", "percent": 0.77},
            "currentSubsectionGrade": None,
        }
    ]
    assert await everything_stored() == stored


async def test_a_score_is_checked_against_the_course_grade_before_the_request(
    course: StoredCourse,
) -> None:
    scores = [
        score("p4", 5, ifVersion="1"),
        score("p6", 1, ifVersion="1"),
        score("p4", 5, "bea", ifVersion="1"),
        score("p6", 10, "bea", ifVersion="0"),
    ]

    answered = await WRITES["recordScores"].send(scores=scores)

    assert [one["applied"] for one in answered["results"]] == [True, True, False, True]
    assert answered["results"][2]["userErrors"] == [
        conflict("0", "course grade", "1", "scores", "2", "ifVersion")
        | {
            "currentCourseGrade": {"version": "1", "percent": 0.3},
            "currentSubsectionGrade": None,
        }
    ]
    assert await broken_rules() == []


async def test_an_item_is_checked_by_itself(course: StoredCourse) -> None:
    items = [
        target("exam", values={"earnedGraded": 1}, ifVersion="1"),
        target("hw1", values={"earnedGraded": 1}, ifVersion="7"),
        target("hw3", values={"earnedGraded": 1}, ifVersion="0"),
    ]

    answered = await bulk(items)

    assert [one["success"] for one in answered["results"]] == [True, False, True]
    (error,) = answered["results"][1]["userErrors"]
    assert error["field"] == ["items", "1", "ifVersion"]
    assert error["currentSubsectionGrade"] == {"version": "1", "gradedTotal": {"display": "5/6"}}


async def test_a_version_that_is_no_text_spoils_no_answer(course: StoredCourse) -> None:
    items = [
        target("exam", values={"earnedGraded": 1}, ifVersion="\ud800"),
        target("hw3", values={"earnedGraded": 1}),
    ]

    first = await bulk(items, idempotencyKey="k1")

    assert [one["success"] for one in first["results"]] == [False, True]
    assert await bulk(items, idempotencyKey="k1") == first


async def test_of_many_graders_at_once_exactly_one_wins(course: StoredCourse) -> None:
    for version in range(1, 4):
        answers = await asyncio.gather(
            *(
                # Other points than any round before: the same again would be no conflict.
                override(setting("exam", number + version / 8, ifVersion=str(version)))
                for number in range(version, version + 8)
            )
        )

        won = [one for one in answers if not one["userErrors"]]
        lost = [error["code"] for one in answers for error in one["userErrors"]]
        assert len(won) == 1
        assert lost == ["VERSION_CONFLICT"] * 7
        ((earned,),) = await fetch(
            "select override_earned_graded from subsection_grade where overridden_at is not null"
        )
        assert won[0]["subsectionGrade"]["gradedTotal"]["earned"] == earned
    assert await fetch("select count(*) from override_entry") == [(3,)]
    assert await broken_rules() == []


async def test_a_learners_score_at_the_same_time_is_not_lost(course: StoredCourse) -> None:
    await asyncio.gather(
        *(override(setting("exam", number, "bea")) for number in range(1, 6)),
        record(course, [BEA], {"p6": (7, 10)}),
    )

    answered = await remove(removing("exam", "bea"))

    assert answered["subsectionGrade"]["gradedTotal"] == {"earned": 7.0, "possible": 10.0}
    assert answered["courseGrade"]["percent"] == 0.21
    assert await broken_rules() == []
