"""``overrideSubsectionGrade`` and ``removeSubsectionGradeOverride``: one override at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from db.courses import StoredCourse
from db.learners import Learner, save_learners
from db.sql import execute, fetch
from grading import LearnerId, Problem
from resolvers.access import Viewer
from tests.invariants import broken_rules
from tests.schema.execution import (
    AS_NOBODY,
    AS_STAFF,
    data,
    everything_stored,
    refusal,
    refused_change,
    without_limits,
)
from tests.schema.heat import (
    ADA,
    BEA,
    COURSE_KEY,
    NOW,
    PUBLISHED,
    content,
    enroll,
    problem,
    publish_course,
    record,
    sequential,
)
from tests.schema.overriding import (
    HISTORY,
    REMOVE,
    SET,
    history,
    override,
    remove,
    removing,
    setting,
    target,
)

AT = "2026-03-01T12:00:00Z"
LATER = replace(AS_STAFF, now=NOW + timedelta(days=1))
FROZEN = replace(AS_STAFF, now=datetime(2026, 8, 1, tzinfo=UTC))
TEACHER = Learner(LearnerId(21), "staff")


def points(earned: float, possible: float) -> dict[str, float]:
    return {"earned": earned, "possible": possible}


def refused(code: str, message: str, *field: str, **more: object) -> list[dict[str, Any]]:
    error = {"__typename": "InputError", "code": code, "message": message}
    return [error | {"field": list(field) or None} | more]


def out_of_range(message: str, maximum: float, *field: str) -> list[dict[str, Any]]:
    more = {"__typename": "ScoreOutOfRangeError", "minimum": 0.0, "maximum": maximum}
    return refused("SCORE_OUT_OF_RANGE", message, *field, **more)


async def test_an_override_counts_and_what_was_computed_stays_beside_it(
    course: StoredCourse,
) -> None:
    await save_learners([TEACHER], now=PUBLISHED)

    answered = await override(setting("exam", 10, reason="Question 3 was wrong."))

    # 0.375 + 0.09 + 1 x 0.3 = 0.765.
    assert answered["subsectionGrade"] == {
        "version": "2",
        "status": "OVERRIDDEN",
        "percentGraded": 1.0,
        "attempted": True,
        "gradedTotal": points(10, 10),
        "allTotal": points(8, 10),
        "computedGradedTotal": points(8, 10),
        "computedAllTotal": points(8, 10),
        "override": {
            "earnedGraded": 10.0,
            "possibleGraded": None,
            "earnedAll": None,
            "possibleAll": None,
            "system": "GRADEBOOK",
            "reason": "Question 3 was wrong.",
            "createdAt": AT,
            "updatedAt": AT,
            "overriddenBy": {"username": "staff"},
        },
    }
    assert answered["courseGrade"] == {
        "percent": 0.77,
        "letterGrade": "B",
        "passed": True,
        "version": "2",
        "persisted": True,
    }
    assert answered["userErrors"] == []
    assert await broken_rules() == []


async def test_an_override_is_announced_with_its_cause(course: StoredCourse) -> None:
    events = (await override(setting("exam", 0)))["events"]

    assert [event.pop("id") != "" for event in events] == [True] * 3
    common = {"cause": "OVERRIDE_SET", "learner": {"username": "ada"}}
    # 0.375 + 0.09 = 0.465.
    assert events == [
        common
        | {
            "__typename": "SubsectionGradeChanged",
            "usageKey": sequential("exam"),
            "before": {"display": "8/10"},
            "after": {"display": "0/10"},
        },
        common
        | {
            "__typename": "CourseGradeChanged",
            "before": {"percent": 0.71},
            "after": {"percent": 0.47},
        },
        common
        | {
            "__typename": "PassingStatusChanged",
            "from": "PASSING",
            "to": "FAILING",
            "firstTimePassed": False,
        },
    ]
    assert await fetch("select distinct actor from grade_event where cause = 'OVERRIDE_SET'") == [
        ("staff",)
    ]


async def test_what_is_not_given_follows_the_work(course: StoredCourse) -> None:
    await override(setting("exam", 3, earnedAll=4, possibleAll=8))
    sections = content().structure.sections
    exam = sections[1].subsections[1]
    more = Problem(problem("p7"), "Problem p7", None, 5.0)
    longer = replace(exam, problems=(*exam.problems, more))
    engines = replace(sections[1], subsections=(sections[1].subsections[0], longer))
    present = await publish_course(sections=(sections[0], engines))

    await record(present, [ADA], {"p7": (5, 5)})

    answered = await override(setting("exam", 3, earnedAll=4, possibleAll=8), LATER)
    grade = answered["subsectionGrade"]
    assert grade["gradedTotal"] == points(3, 15)
    assert grade["allTotal"] == points(4, 8)
    assert grade["computedGradedTotal"] == points(13, 15)
    assert grade["override"]["possibleGraded"] is None
    assert answered["events"] == []
    assert await broken_rules() == []


async def test_an_override_survives_scores_and_regrades_until_it_is_removed(
    course: StoredCourse,
) -> None:
    await override(setting("exam", 2))
    await record(course, [ADA], {"p6": (9, 10)})
    stored = await fetch(
        "select earned_graded, override_earned_graded, percent_graded from subsection_grade"
        " where percent_graded = 0.2"
    )
    assert stored == [(9.0, 2.0, 0.2)]

    answered = await remove(removing("exam", reason="A mistake."), LATER)

    grade = answered["subsectionGrade"]
    assert (grade["status"], grade["override"]) == ("ATTEMPTED", None)
    assert grade["gradedTotal"] == points(9, 10)
    # 0.375 + 0.09 + 0.9 x 0.3 = 0.735.
    assert answered["courseGrade"]["percent"] == 0.74
    assert [(one["__typename"], one["cause"]) for one in answered["events"]] == [
        ("SubsectionGradeChanged", "OVERRIDE_REMOVED"),
        ("CourseGradeChanged", "OVERRIDE_REMOVED"),
    ]
    assert await broken_rules() == []


async def test_who_never_did_anything_can_be_given_points(course: StoredCourse) -> None:
    answered = await override(setting("exam", 10, "bea"))

    grade = answered["subsectionGrade"]
    assert (grade["status"], grade["attempted"], grade["version"]) == ("OVERRIDDEN", False, "1")
    assert grade["computedGradedTotal"] == points(0, 10)
    assert answered["courseGrade"] == {
        "percent": 0.3,
        "letterGrade": None,
        "passed": False,
        "version": "1",
        "persisted": True,
    }
    assert answered["events"][0]["before"] is None
    await remove(removing("exam", "bea"))
    await override(setting("exam", 9, "bea"))
    entries = (await history("exam", "bea"))["nodes"]
    assert [(entry["before"], entry["after"]) for entry in entries] == [
        (None, {"display": "9/10"}),
        ({"display": "10/10"}, {"display": "0/10"}),
        (None, {"display": "10/10"}),
    ]
    assert await broken_rules() == []


async def test_the_same_override_again_changes_nothing(course: StoredCourse) -> None:
    given = setting("exam", 10, reason="Bonus.", system="PROCTORING")
    first = await override(given)
    before = await everything_stored()

    again = await override(given, LATER)

    assert await everything_stored() == before
    assert again["events"] == []
    assert again["subsectionGrade"] == first["subsectionGrade"]
    assert again["courseGrade"] == first["courseGrade"]


async def test_another_reason_is_history_and_no_event(course: StoredCourse) -> None:
    await override(setting("exam", 10, reason="Bonus."))
    events = await fetch("select count(*) from grade_event")

    answered = await override(setting("exam", 10, reason="A better reason."), LATER)

    assert answered["events"] == []
    assert await fetch("select count(*) from grade_event") == events
    grade = answered["subsectionGrade"]
    assert (grade["version"], grade["override"]["reason"]) == ("2", "A better reason.")
    assert grade["override"]["createdAt"] == AT
    assert grade["override"]["updatedAt"] == "2026-03-02T12:00:00Z"
    actions = [(one["action"], one["reason"]) for one in (await history("exam"))["nodes"]]
    assert actions == [("UPDATED", "A better reason."), ("CREATED", "Bonus.")]


async def test_the_history_says_who_did_what_when_and_why_and_stays(
    course: StoredCourse,
) -> None:
    await save_learners([TEACHER], now=PUBLISHED)
    await override(setting("exam", 10, reason="Bonus.", system="API"))
    await override(setting("exam", 5), LATER)
    await remove(
        removing("exam", reason="A mistake."), replace(LATER, viewer=Viewer("nobody", True))
    )

    found = await history("exam")

    assert found["totalCount"] == 3
    assert found["nodes"] == [
        {
            "action": "DELETED",
            "at": "2026-03-02T12:00:00Z",
            "system": "GRADEBOOK",
            "reason": "A mistake.",
            "by": None,
            "before": {"display": "5/10"},
            "after": {"display": "8/10"},
        },
        {
            "action": "UPDATED",
            "at": "2026-03-02T12:00:00Z",
            "system": "GRADEBOOK",
            "reason": None,
            "by": {"username": "staff"},
            "before": {"display": "10/10"},
            "after": {"display": "5/10"},
        },
        {
            "action": "CREATED",
            "at": AT,
            "system": "API",
            "reason": "Bonus.",
            "by": {"username": "staff"},
            "before": {"display": "8/10"},
            "after": {"display": "10/10"},
        },
    ]
    assert (await history("hw1"))["nodes"] == []
    assert (await history("exam", "bea"))["totalCount"] == 0


async def test_the_history_is_paged_by_its_cursor(course: StoredCourse) -> None:
    for earned in range(5):
        await override(setting("exam", earned))
    after, seen = None, []

    for _ in range(3):
        page = await history("exam", first=2, after=after)
        seen += [entry["after"]["display"] for entry in page["nodes"]]
        assert page["totalCount"] == 5
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        assert page["pageInfo"]["hasNextPage"] == (len(seen) < 5)
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        after = page["pageInfo"]["endCursor"]

    assert seen == ["4/10", "3/10", "2/10", "1/10", "0/10"]
    assert (await history("exam", first=2, after=after))["nodes"] == []


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"first": -1}, "INVALID_INPUT", "first must not be negative."),
        ({"first": 101}, "TOO_MANY_ITEMS", "first may be at most 100; page on with the cursor."),
        ({"after": "%"}, "INVALID_INPUT", "'%' is no cursor of a history."),
        ({"after": "VXNlcjox"}, "INVALID_INPUT", "'VXNlcjox' is no cursor of a history."),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    course: StoredCourse, given: dict[str, Any], code: str, message: str
) -> None:
    variables = {"courseKey": COURSE_KEY, **target("exam"), **given}

    error = await refusal(HISTORY, AS_STAFF, **variables)

    assert (error["code"], error["message"]) == (code, message)


async def test_histories_of_a_whole_class_take_two_statements(
    course: StoredCourse, statements: list[str]
) -> None:
    without_limits()
    counts = []
    for size in (1, 20):
        learners = [Learner(LearnerId(100 + each), f"many{each:02}") for each in range(size)]
        await enroll(course, *learners)
        for one in learners:
            await override(setting("exam", 10, one.username))
        statements.clear()
        answered = await everybodys_history()
        counts.append(len(statements))
        found = [
            [
                len(one["overrideHistory"]["nodes"])
                for one in entry["courseGrade"]["subsectionGrades"]
            ]
            for entry in answered
            if entry["learner"]["username"].startswith("many")
        ]
        assert found == [[0, 0, 0, 0, 0, 1]] * size

    assert counts[0] == counts[1]


async def test_histories_that_are_asked_for_together_are_not_mixed_up(
    course: StoredCourse,
) -> None:
    for name, username in (("exam", "ada"), ("hw1", "ada"), ("exam", "bea"), ("hw1", "bea")):
        await override(setting(name, 1, username, reason=f"{username} {name}"))
    part = "overrideHistory { nodes { reason } }"

    answered = await data(
        "query ($key: CourseKey!, $exam: UsageKey!, $hw1: UsageKey!) {"
        ' ada: courseGrade(courseKey: $key, learner: {username: "ada"}) {'
        f" subsectionGrade(usageKey: $exam) {{ {part} }} }}"
        ' bea: courseGrade(courseKey: $key, learner: {username: "bea"}) {'
        f" subsectionGrade(usageKey: $hw1) {{ {part} }} }} }}",
        AS_STAFF,
        key=COURSE_KEY,
        exam=sequential("exam"),
        hw1=sequential("hw1"),
    )

    assert {
        name: grade["subsectionGrade"]["overrideHistory"]["nodes"]
        for name, grade in answered.items()
    } == {"ada": [{"reason": "ada exam"}], "bea": [{"reason": "bea hw1"}]}


async def everybodys_history() -> list[dict[str, Any]]:
    answered = await data(
        "query ($key: CourseKey!) { course(courseKey: $key) { gradebook(first: 100) { nodes {"
        " learner { username } courseGrade { subsectionGrades { overrideHistory(first: 3) {"
        " totalCount nodes { action } } } } } } } }",
        AS_STAFF,
        key=COURSE_KEY,
    )
    nodes: list[dict[str, Any]] = answered["course"]["gradebook"]["nodes"]
    return nodes


NOTHING_DONE: Final[dict[str, Any]] = {"subsectionGrade": None, "courseGrade": None, "events": []}


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (
            setting("exam", 10.5),
            out_of_range(
                "earnedGraded is 10.5, more than the 10 points that are possible. "
                "Where that is meant, say allowAbovePossible.",
                10.0,
                *("values", "earnedGraded"),
            ),
        ),
        (
            setting("exam", 5, possibleGraded=4),
            out_of_range(
                "earnedGraded is 5, more than the 4 points that are possible. "
                "Where that is meant, say allowAbovePossible.",
                4.0,
                *("values", "earnedGraded"),
            ),
        ),
        (
            setting("exam", 1, earnedAll=11),
            out_of_range(
                "earnedAll is 11, more than the 10 points that are possible. "
                "Where that is meant, say allowAbovePossible.",
                10.0,
                *("values", "earnedAll"),
            ),
        ),
        (
            setting("exam", -0.5, allowAbovePossible=True),
            out_of_range(
                "earnedGraded must be a number from 0 to 1e+12.", 1e12, "values", "earnedGraded"
            ),
        ),
        (
            setting("exam", 1, possibleAll=2e12, allowAbovePossible=True),
            out_of_range(
                "possibleAll must be a number from 0 to 1e+12.", 1e12, "values", "possibleAll"
            ),
        ),
        (
            setting("exam", 1, reason="x" * 301),
            refused(
                "INVALID_INPUT",
                "A reason has at most 300 characters, none of them NUL or half a character.",
                "reason",
            ),
        ),
        (
            setting("exam", 1, reason="\0"),
            refused(
                "INVALID_INPUT",
                "A reason has at most 300 characters, none of them NUL or half a character.",
                "reason",
            ),
        ),
        (
            setting("warmth", 1),
            refused(
                "SUBSECTION_NOT_FOUND",
                f"{sequential('warmth')} is no subsection in the present version of {COURSE_KEY}.",
                "usageKey",
            ),
        ),
        (
            setting("exam", 1, "nobody"),
            refused(
                "LEARNER_NOT_FOUND", "There is no learner whose username is 'nobody'.", "learner"
            ),
        ),
        (
            setting("exam", 1, "dan"),
            refused(
                "LEARNER_NOT_ENROLLED",
                f"Learner 'dan' is not enrolled in {COURSE_KEY}.",
                "learner",
            ),
        ),
        (
            setting("exam", 1) | {"courseKey": "course-v1:No+Such+Course"},
            refused(
                "COURSE_NOT_FOUND",
                "There is no course course-v1:No+Such+Course, or you may not know of it.",
            ),
        ),
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_everything_as_it_is(
    course: StoredCourse, given: dict[str, Any], errors: list[dict[str, Any]]
) -> None:
    await save_learners([Learner(LearnerId(14), "dan")], now=PUBLISHED)

    payload = await refused_change(SET, AS_STAFF, input=given)

    assert payload == NOTHING_DONE | {"userErrors": errors}


async def test_extra_credit_is_allowed_where_it_is_asked_for(course: StoredCourse) -> None:
    answered = await override(setting("exam", 12, allowAbovePossible=True))

    assert answered["subsectionGrade"]["percentGraded"] == 1.2
    # 0.375 + 0.09 + 1.2 x 0.3 = 0.825.
    assert answered["courseGrade"]["percent"] == 0.83
    assert await broken_rules() == []


async def test_a_subsection_worth_nothing_does_not_count(course: StoredCourse) -> None:
    answered = await override(setting("exam", 0, possibleGraded=0))

    assert answered["subsectionGrade"]["percentGraded"] == 0.0
    assert answered["courseGrade"]["percent"] == 0.47
    assert await broken_rules() == []


async def test_what_is_not_there_cannot_be_removed(course: StoredCourse) -> None:
    for given in (removing("exam"), removing("hw3"), removing("exam", "bea")):
        payload = await refused_change(REMOVE, AS_STAFF, input=given)

        assert payload == NOTHING_DONE | {
            "userErrors": refused(
                "OVERRIDE_NOT_FOUND",
                "There is no override to remove: the computed grade counts already.",
                "usageKey",
            )
        }


@pytest.mark.parametrize(
    ("document", "given"), [(SET, setting("exam", 1)), (REMOVE, removing("exam"))]
)
async def test_who_may_not_changes_nothing(
    course: StoredCourse, document: str, given: dict[str, Any]
) -> None:
    learner = replace(
        AS_STAFF, viewer=Viewer("bea", learner_id=BEA.id, enrolled_in=frozenset({COURSE_KEY}))
    )
    await override(setting("exam", 5))
    for asking, code in ((AS_NOBODY, "COURSE_NOT_FOUND"), (learner, "FORBIDDEN")):
        payload = await refused_change(document, asking, input=given)
        assert [error["code"] for error in payload["userErrors"]] == [code]
    payload = await refused_change(document, FROZEN, input=given)
    (error,) = payload["userErrors"]
    assert (error["__typename"], error["code"]) == ("GradesFrozenError", "GRADES_FROZEN")
    assert error["frozenSince"] == "2026-07-31T00:00:00Z"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "update subsection_grade set percent_graded = 0.5 where overridden_at is not null",
            "percent_graded is 0.5, the points make 1.0",
        ),
        (
            "update subsection_grade set override_reason = 'x' where overridden_at is not null",
            "the history has",
        ),
        ("update override_entry set action = 'DELETED'", "the history ends with DELETED"),
        ("delete from override_entry", "the history ends with None"),
    ],
)
async def test_the_checker_of_the_invariants_finds_an_override_that_is_wrong(
    course: StoredCourse, damage: str, found: str
) -> None:
    await override(setting("exam", 10))
    assert await broken_rules() == []

    await execute(damage)

    (fault,) = await broken_rules()
    assert found in fault
