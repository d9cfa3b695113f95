"""``bulkOverrideSubsectionGrades``: many overrides, with a result for each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from db.learners import Learner, save_learners
from db.sql import fetch
from grading import LearnerId
from tests.invariants import broken_rules
from tests.schema.execution import (
    AS_NOBODY,
    AS_STAFF,
    Asking,
    data,
    everything_stored,
    refusal,
    refused_change,
    without_limits,
)
from tests.schema.heat import COURSE_KEY, NOW, PUBLISHED, enroll, sequential
from tests.schema.overriding import BULK, bulk, history, override, setting, target

LATER = replace(AS_STAFF, now=NOW + timedelta(days=1))
FROZEN = replace(AS_STAFF, now=datetime(2026, 8, 1, tzinfo=UTC))


def item(subsection: str, earned: float | None, username: str = "ada", **more: object) -> Any:  # noqa: ANN401
    values = None if earned is None else {"earnedGraded": earned}
    return target(subsection, username, values=values, **more)


def figures(result: dict[str, Any]) -> tuple[object, ...]:
    """Return what matters of a result that succeeded."""
    assert result["userErrors"] == []
    grade = result["subsectionGrade"]
    return (
        result["index"],
        result["success"],
        grade["gradedTotal"]["earned"],
        grade["status"],
        grade["version"],
        result["courseGrade"]["percent"],
        result["courseGrade"]["version"],
    )


def codes(result: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    assert (result["success"], result["subsectionGrade"], result["courseGrade"]) == (
        False,
        None,
        None,
    )
    return [(error["code"], error["field"]) for error in result["userErrors"]]


async def test_each_item_has_a_result_with_the_grades_after_all_of_them(
    course: StoredCourse,
) -> None:
    await override(setting("lab1", 1))

    answered = await bulk(
        [item("exam", 10), item("exam", 5, "bea"), item("lab1", None), item("hw3", 5)], LATER
    )

    assert (answered["succeededCount"], answered["failedCount"]) == (4, 0)
    assert answered["userErrors"] == []
    # Ada: homework (0.8333 + 1) / 2 x 0.5 + 0.09 + 0.3 = 0.848325. Bea: 0.5 x 0.3.
    assert [figures(result) for result in answered["results"]] == [
        (0, True, 10.0, "OVERRIDDEN", "2", 0.85, "3"),
        (1, True, 5.0, "OVERRIDDEN", "1", 0.15, "1"),
        (2, True, 9.0, "ATTEMPTED", "3", 0.85, "3"),
        (3, True, 5.0, "OVERRIDDEN", "1", 0.85, "3"),
    ]
    assert await broken_rules() == []


async def test_each_event_has_the_cause_of_its_item(course: StoredCourse) -> None:
    await bulk([item("lab1", 1), item("lab1", 1, "bea")])

    await bulk([item("exam", 10), item("lab1", None), item("lab1", None, "bea")], LATER)

    told = await fetch(
        "select learner_id, kind, cause from grade_event where created_at > $1 order by id",
        NOW + timedelta(hours=1),
    )
    by_learner = {
        learner: [(kind, cause) for one, kind, cause in told if one == learner]
        for learner in (11, 12)
    }
    assert by_learner == {
        11: [
            ("SUBSECTION_GRADE_CHANGED", "OVERRIDE_REMOVED"),
            ("SUBSECTION_GRADE_CHANGED", "OVERRIDE_SET"),
            ("COURSE_GRADE_CHANGED", "OVERRIDE_SET"),
        ],
        12: [
            ("SUBSECTION_GRADE_CHANGED", "OVERRIDE_REMOVED"),
            ("COURSE_GRADE_CHANGED", "OVERRIDE_REMOVED"),
        ],
    }
    ids = await fetch(
        "select count(distinct correlation_id) from grade_event where cause like $1", "OVERRIDE%"
    )
    assert ids == [(2,)]


REFUSED = [
    item("exam", 11),
    item("exam", 1, "nobody"),
    item("exam", 1, "dan"),
    item("warmth", 1, "bea"),
    item("lab1", None, "bea"),
    item("hw1", 1, "bea", reason="x" * 301),
    item("hw2", 1, "bea", ifVersion="7"),
    {"learner": {"id": "11"}, "usageKey": sequential("hw1"), "values": None},
]
REFUSALS = [
    [("SCORE_OUT_OF_RANGE", ["items", "1", "values", "earnedGraded"])],
    [("LEARNER_NOT_FOUND", ["items", "2", "learner"])],
    [("LEARNER_NOT_ENROLLED", ["items", "3", "learner"])],
    [("SUBSECTION_NOT_FOUND", ["items", "4", "usageKey"])],
    [("OVERRIDE_NOT_FOUND", ["items", "5", "usageKey"])],
    [("INVALID_INPUT", ["items", "6", "reason"])],
    [("VERSION_CONFLICT", ["items", "7", "ifVersion"])],
    [("INVALID_INPUT", ["items", "8", "learner"])],
]


async def test_one_that_is_refused_stops_nobody_else(course: StoredCourse) -> None:
    await save_learners([Learner(LearnerId(14), "dan")], now=PUBLISHED)

    answered = await bulk([item("hw3", 5), *REFUSED, item("exam", 3, "bea")])

    first, *middle, last = answered["results"]
    assert (answered["succeededCount"], answered["failedCount"]) == (2, 8)
    assert answered["userErrors"] == []
    assert figures(first)[2:6] == (5.0, "OVERRIDDEN", "1", 0.79)
    assert figures(last)[2:6] == (3.0, "OVERRIDDEN", "1", 0.09)
    assert [codes(result) for result in middle] == REFUSALS
    assert await fetch("select count(*) from override_entry") == [(2,)]
    assert await broken_rules() == []


@pytest.mark.parametrize("at", range(8))
async def test_all_or_nothing_is_nothing_when_one_is_refused(course: StoredCourse, at: int) -> None:
    await save_learners([Learner(LearnerId(14), "dan")], now=PUBLISHED)
    before = await everything_stored()

    answered = await bulk(
        [item("hw3", 5), REFUSED[at]], errorPolicy="REJECT_EVERYTHING", idempotencyKey="k"
    )

    assert await everything_stored() == before
    assert (answered["succeededCount"], answered["failedCount"]) == (0, 2)
    done, refused = answered["results"]
    assert codes(done) == []
    ((code, field),) = codes(refused)
    (error,) = answered["userErrors"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"] == (
        f"Nothing was done, because an item was refused: {refused['userErrors'][0]['message']}"
    )


async def test_all_or_nothing_is_all_when_none_is_refused(course: StoredCourse) -> None:
    answered = await bulk([item("hw3", 5), item("exam", 3, "bea")], errorPolicy="REJECT_EVERYTHING")

    assert (answered["succeededCount"], answered["userErrors"]) == (2, [])
    assert await fetch("select count(*) from override_entry") == [(2,)]


async def test_of_a_duplicate_the_first_is_done(course: StoredCourse) -> None:
    by_id = {"learner": {"userId": "11"}, "usageKey": sequential("exam"), "values": None}

    answered = await bulk([item("exam", 10), by_id, item("exam", 1)])

    first, *others = answered["results"]
    assert figures(first)[1:4] == (True, 10.0, "OVERRIDDEN")
    assert [codes(result) for result in others] == [
        [("DUPLICATE_ITEM", ["items", "1"])],
        [("DUPLICATE_ITEM", ["items", "2"])],
    ]


async def test_a_dry_run_shows_what_would_be_and_stores_nothing(course: StoredCourse) -> None:
    items = [item("exam", 10), item("exam", 5, "bea"), item("lab1", 20)]
    before = await everything_stored()

    shown = await bulk(items, dryRun=True, idempotencyKey="k")

    assert await everything_stored() == before
    assert [figures(result)[1:6] for result in shown["results"][:2]] == [
        (True, 10.0, "OVERRIDDEN", "2", 0.77),
        (True, 5.0, "OVERRIDDEN", "1", 0.15),
    ]
    assert codes(shown["results"][2]) == [
        ("SCORE_OUT_OF_RANGE", ["items", "2", "values", "earnedGraded"])
    ]
    assert await bulk(items, idempotencyKey="k") == shown
    again = await bulk([item("exam", 1)], dryRun=True, idempotencyKey="k")
    assert figures(again["results"][0])[1:4] == (True, 1.0, "OVERRIDDEN")


async def test_a_dry_run_is_made_of_what_would_be_to_the_last_part(course: StoredCourse) -> None:
    answered = await data(
        "mutation ($input: BulkOverrideSubsectionGradesInput!) {"
        " bulkOverrideSubsectionGrades(input: $input) { results { courseGrade {"
        " percent assignmentTypeGrades { weightedPercent } explanation { verdictText } } } } }",
        input={"courseKey": COURSE_KEY, "items": [item("exam", 10)], "dryRun": True},
    )

    (result,) = answered["bulkOverrideSubsectionGrades"]["results"]
    shares = [one["weightedPercent"] for one in result["courseGrade"]["assignmentTypeGrades"]]
    assert shares == pytest.approx([0.375, 0.09, 0.3])
    assert result["courseGrade"]["explanation"]["verdictText"].startswith("77 % reaches B")


async def test_nothing_to_do_is_done(course: StoredCourse) -> None:
    assert await bulk([]) == {
        "succeededCount": 0,
        "failedCount": 0,
        "results": [],
        "userErrors": [],
    }


async def test_more_than_a_thousand_are_refused_together(course: StoredCourse) -> None:
    given = {"courseKey": COURSE_KEY, "items": [item("exam", 1)] * 1_001}

    error = await refusal(BULK, AS_STAFF, input=given)

    assert error["code"] == "TOO_MANY_ITEMS"


@pytest.mark.parametrize(
    ("asking", "code"), [(AS_NOBODY, "COURSE_NOT_FOUND"), (FROZEN, "GRADES_FROZEN")]
)
async def test_who_may_not_changes_nothing(
    course: StoredCourse,
    asking: Asking,
    code: str,
) -> None:
    given = {"courseKey": COURSE_KEY, "items": [item("exam", 1)]}

    payload = await refused_change(BULK, asking, input=given)

    assert [error["code"] for error in payload["userErrors"]] == [code]
    assert payload["results"] == []


@pytest.mark.parametrize("size", [1, 20, 400])
async def test_any_number_takes_as_many_statements(
    course: StoredCourse, engine: str, statements: list[str], size: int
) -> None:
    class_ = [Learner(LearnerId(100 + each), f"learner{each:03}") for each in range(size)]
    await enroll(course, *class_)
    await bulk([item("hw1", 1, one.username) for one in class_])
    statements.clear()

    answered = await bulk(
        [
            one
            for learner in class_
            for one in (item("exam", 3, learner.username), item("hw1", None, learner.username))
        ]
    )

    assert answered["succeededCount"] == 2 * size
    assert len(statements) == (14 if engine == "postgres" else 13)
    entries = await history("exam", class_[-1].username)
    assert [entry["action"] for entry in entries["nodes"]] == ["CREATED"]
    assert await broken_rules() == []


async def test_a_thousand_items_are_done_at_once(database: str, course: StoredCourse) -> None:
    without_limits()  # it asks for more of each item than a page would
    class_ = [Learner(LearnerId(1000 + each), f"learner{each:04}") for each in range(250)]
    await enroll(course, *class_)
    items = [
        item(name, 1, one.username) for one in class_ for name in ("hw1", "hw2", "hw3", "exam")
    ]

    answered = await bulk(items)

    # (1/6 + 1/5) / 2 x 0.5 + 0.1 x 0.3, of which 1/6 is rounded before: 0.121675.
    assert (len(items), answered["succeededCount"], answered["failedCount"]) == (1000, 1000, 0)
    assert {result["courseGrade"]["percent"] for result in answered["results"]} == {0.12}
    assert await fetch("select count(*) from override_entry") == [(1000,)]
    assert await broken_rules() == []
