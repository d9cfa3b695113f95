"""The design's mutations on a copy of the demonstration course, by its own staff.

The numbers are statements; PostgreSQL takes one more, for the locks.
"""

from typing import Any, Final

import pytest

from demo.outline import COURSE_KEY
from tests.operations.asking import (
    COURSE_STAFF,
    LEARNER,
    Demonstration,
    problem,
    sequential,
)
from tests.shared_material import requires_shared

pytestmark = [pytest.mark.shared, requires_shared]

DUC: Final = {"username": "duc_trinhle"}
MIDTERM: Final = {
    "courseKey": COURSE_KEY,
    "learner": DUC,
    "usageKey": sequential("midterm"),
}
SCORED: Final = "2026-11-22T11:00:00Z"


def score(learner: str, name: str, given: float, maximum: float) -> dict[str, object]:
    return {
        "learner": {"username": learner},
        "usageKey": problem(name),
        "scoreGiven": given,
        "scoreMaximum": maximum,
        "timestamp": SCORED,
    }


@pytest.fixture(autouse=True)
async def warm(demonstration: Demonstration) -> None:
    """Begin in a process that has read the course and the log of events before."""
    await demonstration.ask("GradebookPage", courseKey=COURSE_KEY, first=1)
    await demonstration.ask("PassingStatusCatchUp")


async def test_an_override_is_saved_and_undone(demonstration: Demonstration) -> None:
    wanted = {**MIDTERM, "values": {"earnedGraded": 20}, "reason": "Full marks.", "ifVersion": "3"}

    saved, to_save = await demonstration.ask("SaveOverride", COURSE_STAFF, input=wanted)
    undone, to_undo = await demonstration.ask("UndoOverride", COURSE_STAFF, input=MIDTERM)

    locks = demonstration.locks
    assert (to_save, to_undo) == (16 + locks, 13 + locks)
    grade = saved["subsectionGrade"]
    assert (grade["status"], grade["version"], grade["percentGraded"]) == ("OVERRIDDEN", "4", 1.0)
    assert grade["override"]["reason"] == "Full marks."
    assert saved["courseGrade"]["displayPercent"] == "79%"
    assert [event["__typename"] for event in saved["events"]] == [
        "SubsectionGradeChanged",
        "CourseGradeChanged",
    ]
    assert saved["userErrors"] == undone["userErrors"] == []
    assert undone["subsectionGrade"]["gradedTotal"] == {"earned": 16.0, "possible": 20.0}
    assert undone["subsectionGrade"]["override"] is None
    assert undone["courseGrade"]["displayPercent"] == "74%"


async def test_an_override_that_makes_somebody_pass_says_so(demonstration: Demonstration) -> None:
    wanted = {**MIDTERM, "learner": {"username": "bram_verhulst"}, "values": {"earnedGraded": 20}}

    saved, _ = await demonstration.ask("SaveOverride", COURSE_STAFF, input=wanted)

    assert saved["courseGrade"]["passed"] is True
    assert saved["events"][-1] == {
        "__typename": "PassingStatusChanged",
        "id": saved["events"][-1]["id"],
        "from": "FAILING",
        "to": "PASSING",
        "firstTimePassed": True,
    }


@pytest.mark.parametrize(
    ("more", "error"),
    [
        pytest.param(
            {"values": {"earnedGraded": 19}, "ifVersion": "2"},
            {
                "code": "VERSION_CONFLICT",
                "field": ["ifVersion"],
                "currentVersion": "3",
            },
            id="conflict",
        ),
        pytest.param(
            {"values": {"earnedGraded": 21}},
            {
                "code": "SCORE_OUT_OF_RANGE",
                "field": ["values", "earnedGraded"],
                "minimum": 0.0,
                "maximum": 20.0,
            },
            id="too many points",
        ),
    ],
)
async def test_an_override_that_cannot_be_says_what_to_mend(
    demonstration: Demonstration, more: dict[str, Any], error: dict[str, Any]
) -> None:
    saved, _ = await demonstration.ask("SaveOverride", COURSE_STAFF, input={**MIDTERM, **more})

    (told,) = saved["userErrors"]
    told |= {
        "display": told.get("currentSubsectionGrade", {}).get("gradedTotal", {}).get("display")
    }
    assert {name: told[name] for name in error} == error
    assert (saved["subsectionGrade"], saved["events"]) == (None, [])


@pytest.mark.parametrize("number", [2, 50])
async def test_overrides_in_bulk_cost_as_much_for_two_as_for_fifty(
    demonstration: Demonstration, number: int
) -> None:
    page, _ = await demonstration.ask("GradebookPage", courseKey=COURSE_KEY)
    names = [node["learner"]["username"] for node in page["gradebook"]["nodes"]]
    items = [
        {
            "learner": {"username": name},
            "usageKey": sequential("lab_4"),
            "values": {"earnedGraded": 9},
            "reason": "Counted from the photograph.",
        }
        for name in [*names[: number - 1], "nobody_at_all"]
    ]

    answer, count = await demonstration.ask(
        "BulkOverride", COURSE_STAFF, input={"courseKey": COURSE_KEY, "items": items}
    )

    assert count == 13 + demonstration.locks
    assert (answer["succeededCount"], answer["failedCount"]) == (number - 1, 1)
    *done, refused = answer["results"]
    assert [one["index"] for one in done] == [*range(number - 1)]
    assert {one["subsectionGrade"]["gradedTotal"]["earned"] for one in done} == {9.0}
    assert refused["userErrors"] == [
        {
            "code": "LEARNER_NOT_FOUND",
            "field": ["items", str(number - 1), "learner"],
            "message": "There is no learner whose username is 'nobody_at_all'.",
        }
    ]


async def test_a_current_grade_is_updated_without_news(demonstration: Demonstration) -> None:
    wanted = {"courseKey": COURSE_KEY, "learner": DUC}

    answer, count = await demonstration.ask("UpdateGrade", COURSE_STAFF, input=wanted)

    assert count == 9 + demonstration.locks
    grade = answer["courseGrade"]
    assert (grade["percent"], grade["persisted"], grade["version"]) == (0.76, True, "3")
    assert (answer["events"], answer["userErrors"]) == ([], [])


async def test_scores_are_recorded_with_the_grades_that_follow(
    demonstration: Demonstration,
) -> None:
    scores = [
        score("duc_trinhle", "stars_in_a_tube", 1, 1),
        score("duc_trinhle", "darker_sky", 1, 1),
        score("jorge_quispealaya", "stars_in_a_tube", 1, 1),
        score("jorge_quispealaya", "no_such_problem", 1, 1),
    ]

    answer, count = await demonstration.ask(
        "RecordScores", COURSE_STAFF, input={"courseKey": COURSE_KEY, "scores": scores}
    )

    assert count == 6 + demonstration.locks
    *applied, refused = answer["results"]
    assert [
        (
            one["applied"],
            one["subsectionGrade"]["gradedTotal"]["earned"],
            one["courseGrade"]["percent"],
        )
        for one in applied
    ] == [(True, 10.0, 0.8), (True, 10.0, 0.8), (True, 5.0, 0.59)]
    assert refused["applied"] is False
    assert [error["code"] for error in refused["userErrors"]] == ["BLOCK_NOT_FOUND"]


async def test_a_learner_changes_nothing(demonstration: Demonstration) -> None:
    own = {**MIDTERM, "learner": {"username": LEARNER.name}}

    saved, _ = await demonstration.ask(
        "SaveOverride", LEARNER, input={**own, "values": {"earnedGraded": 20}}
    )

    assert [error["code"] for error in saved["userErrors"]] == ["FORBIDDEN"]
    assert saved["courseGrade"] is None


async def test_a_small_class_is_regraded_at_once(demonstration: Demonstration) -> None:
    answer, _ = await demonstration.ask("RegradeCourse", COURSE_STAFF, courseKey=COURSE_KEY)

    assert (answer["job"], answer["userErrors"]) == (None, [])
    assert len(answer["results"]) == 58
    assert [one["error"] for one in answer["results"]] == [None] * 58


async def test_a_large_class_is_regraded_by_a_job(demonstration: Demonstration) -> None:
    await demonstration.enroll_more(200)

    answer, _ = await demonstration.ask("RegradeCourse", COURSE_STAFF, courseKey=COURSE_KEY)

    assert (answer["results"] or [], answer["userErrors"]) == ([], [])
    job = answer["job"]
    assert (job["state"], job["total"]) == ("QUEUED", 258)
    assert (job["processed"], job["failed"]) == (0, 0)


async def test_a_policy_is_saved_with_its_warnings_and_a_job(demonstration: Demonstration) -> None:
    opened, _ = await demonstration.ask("PolicyEditor", COURSE_STAFF, courseKey=COURSE_KEY)
    policy = opened["gradingPolicy"]
    kinds = [
        {name: kind[name] for name in ("name", "shortLabel", "weight", "minCount", "dropCount")}
        for kind in policy["assignmentTypes"]
    ]
    kinds[0]["weight"] = 0.2
    wanted = {
        "courseKey": COURSE_KEY,
        "assignmentTypes": kinds,
        "gradeCutoffs": policy["gradeCutoffs"],
        "ifHash": policy["hash"],
    }

    saved, _ = await demonstration.ask("SavePolicy", COURSE_STAFF, input=wanted)

    assert saved["userErrors"] == []
    assert saved["gradingPolicy"]["hash"] != policy["hash"]
    assert [one["code"] for one in saved["gradingPolicy"]["warnings"]] == [
        "WEIGHTS_DO_NOT_SUM_TO_ONE"
    ]
    assert saved["job"]["state"] == "QUEUED"
