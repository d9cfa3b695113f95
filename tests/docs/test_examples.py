"""The operations of docs/examples on the demonstration course, with the figures they promise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from events import EventStream
from resolvers.context import Context
from server.event_stream import GradeEventLog
from server.explorer import example_tabs
from server.tokens import viewer_of
from tests.docs.examples import EXAMPLES, example, read
from tests.docs.markdown import DOCS

PATIENCE = 10.0  # seconds


def test_each_example_is_a_tab_with_a_title_and_variables() -> None:
    assert [tab.title for tab in example_tabs(DOCS / "examples")] == [
        "The gradebook",
        "One learner's grade",
        "Why this grade?",
        "How the course is graded",
        "Record scores",
        "Regrade one learner",
        "Live",
        "What did I miss?",
        "Override a grade",
        "A learner's own page",
        "Class statistics",
    ]
    assert all(tab.query.startswith(f"# {tab.title}\n") for tab in example_tabs(DOCS / "examples"))
    assert {path.name for path in (DOCS / "examples").iterdir()} == {
        f"{path.stem}{ending}" for path in EXAMPLES for ending in (".graphql", ".variables.json")
    }


@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if not read(path).follows], ids=lambda path: str(path.stem)
)
async def test_each_example_is_answered_without_errors(path: Path, demonstration: Context) -> None:
    answer = await read(path).answer(demonstration)

    assert answer is not None
    assert None not in answer.values()
    if "input" in read(path).variables:
        assert [payload["userErrors"] for payload in answer.values()] == [[]]


async def test_the_gradebook_is_paged_by_its_cursor(demonstration: Context) -> None:
    gradebook = example("01_gradebook")
    names = []
    after = None
    for _ in range(3):
        page = (await gradebook.answer(demonstration, first=25, after=after))["course"]["gradebook"]
        names += [node["learner"]["fullName"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]

    assert page["totalCount"] == len(names) == len(set(names)) == 58
    assert page["pageInfo"]["hasNextPage"] is False
    assert (names[0], names[-1]) == ("Adaeze Umehi", "Zoltán Királyfi")


async def test_a_learners_grade_shows_what_it_is_made_of(demonstration: Context) -> None:
    grade = (await example("02_learner_grade").answer(demonstration))["courseGrade"]

    assert grade["learner"] == {"fullName": "Saoirse Kinnevan"}
    assert (grade["displayPercent"], grade["letterGrade"], grade["passed"]) == ("78%", "C", True)
    assert [
        (
            each["assignmentType"]["name"],
            each["displayWeightedPercent"],
            [one["subsection"]["shortLabel"] for one in each["dropped"]],
        )
        for each in grade["assignmentTypeGrades"]
    ] == [
        ("Homework", "28.33%", ["HW 05", "HW 08"]),
        ("Lab", "26.67%", ["Lab 04"]),
        ("Midterm", "22.50%", []),
        ("Final", "0.00%", []),
    ]
    assert [
        each["subsection"]["shortLabel"]
        for each in grade["subsectionGrades"]
        if each["status"] == "NOT_ATTEMPTED"
    ] == ["HW 08", "Lab 04", "Final"]


async def test_an_explanation_ends_with_the_letter(demonstration: Context) -> None:
    grade = (await example("03_explanation").answer(demonstration))["courseGrade"]

    assert grade["letterGrade"] == "B"
    assert grade["explanation"]["sumText"] == "0.3 + 0.28333 + 0.2125 + 0 = 0.79583"
    assert grade["explanation"]["verdictText"] == (
        "80 % reaches B (from 80 %); it passes (from 60 %)."
    )


async def test_the_policy_of_the_demonstration_has_no_warning(demonstration: Context) -> None:
    course = (await example("04_grading_policy").answer(demonstration))["course"]

    assert course["gradesFreeze"] == {"frozen": False, "freezesAt": None}
    policy = course["gradingPolicy"]
    assert policy["warnings"] == []
    assert policy["passingThreshold"] == 0.6
    assert [(kind["name"], len(kind["subsections"])) for kind in policy["assignmentTypes"]] == [
        ("Homework", 8),
        ("Lab", 4),
        ("Midterm", 1),
        ("Final", 1),
    ]


async def test_recorded_scores_are_in_the_grade_at_once_and_again_change_nothing(
    demonstration: Context,
) -> None:
    first = await example("05_record_scores").answer(demonstration)
    again = await example("05_record_scores").answer(demonstration)

    assert again == first
    assert [result["courseGrade"] for result in first["recordScores"]["results"]] == [
        {"displayPercent": "81%", "letterGrade": "B", "passed": True}
    ] * 2


async def test_a_forced_regrade_of_a_current_grade_moves_nothing(demonstration: Context) -> None:
    grade = (await example("06_force_regrade").answer(demonstration))["updateGrade"]["courseGrade"]
    again = (await example("06_force_regrade").answer(demonstration))["updateGrade"]["courseGrade"]

    assert again == grade
    assert (grade["displayPercent"], grade["passingStatus"]) == ("54%", "FAILING")
    assert grade["staleness"] == []


async def test_an_override_counts_beside_what_was_computed_and_again_changes_nothing(
    demonstration: Context,
) -> None:
    first = await example("09_override").answer(demonstration)
    again = await example("09_override").answer(demonstration)

    assert again == first
    payload = first["overrideSubsectionGrade"]
    grade = payload["subsectionGrade"]
    assert (grade["status"], grade["gradedTotal"]["display"]) == ("OVERRIDDEN", "17/20")
    assert grade["computedGradedTotal"]["display"] == "14/20"
    assert grade["overrideHistory"]["totalCount"] == 1
    assert payload["courseGrade"]["displayPercent"] == "58%"


async def test_a_learners_own_page_leaves_out_what_staff_see(demonstration: Context) -> None:
    own = replace(demonstration, claimed=viewer_of({"preferred_username": "hinemoa_paratareid"}))

    page = (await example("10_own_page").answer(own, learner=None))["courseGrade"]
    of_staff = (await example("10_own_page").answer(demonstration))["courseGrade"]

    assert (page["displayPercent"], of_staff["displayPercent"]) == ("91%", "90%")
    assert [
        one["assignmentTypeGrades"][3]["displayWeightedPercent"] for one in (page, of_staff)
    ] == [None, "12.75%"]
    assert [one["sectionGrades"][-1]["subsectionGrades"][-1] for one in (page, of_staff)] == [
        {
            "subsection": {
                "shortLabel": "Final",
                "displayName": "Final exam",
                "due": "2026-12-16T23:59:00Z",
            },
            "visibility": "HIDDEN_UNTIL_DUE",
            "status": status,
            "gradedTotal": total,
            "override": override,
        }
        for status, total, override in (
            ("NOT_ATTEMPTED", None, None),
            ("OVERRIDDEN", {"display": "34/40"}, {"reason": "Sat it early: at sea in December."}),
        )
    ]
    assert page["whatIf"] == {"displayPercent": "95%", "letterGrade": "A", "passed": True}


async def test_the_statistics_are_of_those_whom_the_filter_lets_through(
    demonstration: Context,
) -> None:
    course = (await example("11_class_statistics").answer(demonstration))["course"]
    everybody = (await example("11_class_statistics").answer(demonstration, filter=None))["course"]

    assert course["gradeStatistics"]["learnerCount"] == 36
    assert everybody["gradeStatistics"]["learnerCount"] == 58
    # Who sat the final early is not among them.
    assert [one["subsections"][-1] for one in (course, everybody)] == [
        {
            "shortLabel": "Final",
            "gradeStatistics": {"attemptedCount": count, "mean": mean, "median": mean},
        }
        for count, mean in ((0, None), (1, 0.85))
    ]


@pytest.fixture
async def followed(demonstration: Context) -> AsyncIterator[Context]:
    """The demonstration with an event stream, as a server has it."""
    async with EventStream(GradeEventLog()) as events:
        yield replace(demonstration, events=events)


async def _pushed(context: Context, count: int, **instead: object) -> list[dict[str, Any]]:
    """Take the first events that the subscription is sent."""
    found: list[dict[str, Any]] = []
    async with (
        asyncio.timeout(PATIENCE),
        aclosing(example("07_live").pushed(context, **instead)) as pushed,
    ):
        while len(found) < count:
            found.append((await anext(pushed))["gradeEvents"])
    return found


async def _until_somebody_follows(context: Context) -> None:
    assert context.events is not None
    async with asyncio.timeout(PATIENCE):
        while not context.events.followers:
            await asyncio.sleep(0.001)


async def test_a_recorded_score_is_pushed_to_who_follows_the_course(followed: Context) -> None:
    watching = asyncio.create_task(_pushed(followed, 2))
    await _until_somebody_follows(followed)

    await example("05_record_scores").answer(followed)

    lab, course = await watching
    assert (lab["__typename"], course["__typename"]) == (
        "SubsectionGradeChanged",
        "CourseGradeChanged",
    )
    assert lab["learner"] == course["learner"] == {"fullName": "Saoirse Kinnevan"}
    assert lab["cause"] == course["cause"] == "SCORE_RECORDED"
    assert lab["subsectionGrade"]["subsection"]["shortLabel"] == "Lab 04"
    assert lab["points"] == {"display": "10/10"}
    assert course["before"] == {"percent": 0.78, "letterGrade": "C"}
    assert course["after"] == {"percent": 0.81, "letterGrade": "B", "passingStatus": "PASSING"}


async def test_state_and_cursor_in_one_query_leave_no_gap_before_the_subscription(
    followed: Context,
) -> None:
    missed = example("08_missed_events")
    cursor = (await missed.answer(followed))["gradeEventsCursor"]
    await example("05_record_scores").answer(followed)

    pushed = await _pushed(followed, 2, after=cursor)

    asked = (await missed.answer(followed, after=cursor))["gradeEvents"]
    assert [event["id"] for event in pushed] == [node["id"] for node in asked["nodes"]]
    assert asked["pageInfo"] == {"hasNextPage": False, "endCursor": pushed[-1]["cursor"]}


async def test_missed_events_are_paged_through_from_the_first_to_the_last(
    demonstration: Context,
) -> None:
    ids: list[str] = []
    after = None
    while True:
        page = (await example("08_missed_events").answer(demonstration, first=300, after=after))[
            "gradeEvents"
        ]
        ids += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len(ids) == len(set(ids)) > 300
