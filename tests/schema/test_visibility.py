"""What learners see through the API, and that hidden results cannot be found out there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from db.courses import StoredCourse
from grading import LearnerId, Section, ShowCorrectness
from resolvers.access import Viewer
from schema import schema
from tests.schema.all_of_a_grade import everything_query
from tests.schema.execution import Asking, data, without_limits
from tests.schema.following import live
from tests.schema.heat import (
    ADA,
    BEA,
    COURSE_KEY,
    DUE,
    NOW,
    SCORED,
    enroll,
    publish_course,
    record,
    sequential,
    structure,
)
from tests.schema.test_operations import PROGRESS, forget_contents, operation

AS_ADA: Final = Asking(Viewer("ada", learner_id=LearnerId(11), enrolled_in=frozenset({COURSE_KEY})))
AFTER_DUE: Final = DUE + timedelta(seconds=1)
ALWAYS, PAST_DUE, NEVER, COUNTED = ShowCorrectness

GRADE: Final = """
query ($courseKey: CourseKey!, $learner: LearnerRef) {
  courseGrade(courseKey: $courseKey, learner: $learner) {
    percent displayPercent letterGrade passed passingStatus passedAt visibility
    assignmentTypeGrades {
      percent displayWeightedPercent hiddenContribution lastGradePublishAt dropped { id }
    }
    sectionGrades { score { display } }
    subsectionGrades(graded: true) {
      status visibility displayPercent gradedTotal { display } allTotal { display }
      computedGradedTotal { display } problemScores { earned } override { id } version lastUpdated
    }
  }
}
"""
OVERRIDE: Final = """
mutation ($input: OverrideSubsectionGradeInput!) {
  overrideSubsectionGrade(input: $input) { userErrors { message } }
}
"""


def sections(
    rules: Mapping[str, ShowCorrectness], due: datetime | None = DUE
) -> tuple[Section, ...]:
    """Return the course's sections with other rules, by the names of subsections."""
    return tuple(
        replace(
            section,
            subsections=tuple(
                replace(one, show_correctness=rules[name], due=due)
                if (name := one.usage_key.rpartition("@")[2]) in rules
                else one
                for one in section.subsections
            ),
        )
        for section in structure().sections
    )


async def course_with(
    rules: Mapping[str, ShowCorrectness], due: datetime | None = DUE
) -> StoredCourse:
    """Publish the course with these rules and with Ada, who has scores, and Bea."""
    course = await publish_course(sections=sections(rules, due))
    await enroll(course, ADA, BEA)
    await record(course, [ADA])
    return course


async def grade(asking: Asking = AS_ADA, **learner: str) -> dict[str, Any]:
    answered = await data(
        GRADE, asking, courseKey=COURSE_KEY, learner=learner or {"username": "ada"}
    )
    found: dict[str, Any] = answered["courseGrade"]
    return found


async def override(name: str, earned: float) -> None:
    wanted = {
        "courseKey": COURSE_KEY,
        "learner": {"username": "ada"},
        "usageKey": sequential(name),
        "values": {"earnedGraded": earned},
        "reason": "a secret",
    }
    answered = await data(OVERRIDE, input=wanted)
    assert answered["overrideSubsectionGrade"]["userErrors"] == []


async def test_a_hidden_exam_is_null_and_its_weight_goes_to_the_rest(database: str) -> None:
    await course_with({"exam": NEVER})

    seen = await grade()

    # Homework 0.75 x 0.5 and lab 0.45 x 0.2, over a weight of 0.7: 0.6643.
    assert (seen["displayPercent"], seen["letterGrade"], seen["visibility"]) == (
        "66%",
        "C",
        "VISIBLE",
    )
    assert seen["assignmentTypeGrades"][2] == {
        "percent": None,
        "displayWeightedPercent": None,
        "hiddenContribution": "ALL",
        "lastGradePublishAt": None,
        "dropped": [],
    }
    assert [one["displayWeightedPercent"] for one in seen["assignmentTypeGrades"]] == [
        "53.57%",
        "12.86%",
        None,
    ]
    assert seen["subsectionGrades"][-1] == {
        "status": "ATTEMPTED",
        "visibility": "HIDDEN",
        "displayPercent": None,
        "gradedTotal": None,
        "allTotal": None,
        "computedGradedTotal": None,
        "problemScores": [],
        "override": None,
        "version": "0",
        "lastUpdated": None,
    }
    assert [one["score"]["display"] for one in seen["sectionGrades"]] == ["9/17", "9/10"]


async def test_staff_see_everything_and_what_learners_see_of_it(database: str) -> None:
    await course_with({"exam": NEVER})

    shown = await grade(Asking())

    assert (shown["displayPercent"], shown["letterGrade"], shown["visibility"]) == (
        "71%",
        "B",
        "VISIBLE",
    )
    exam = shown["subsectionGrades"][-1]
    assert (exam["visibility"], exam["gradedTotal"]) == ("HIDDEN", {"display": "8/10"})
    assert [one["hiddenContribution"] for one in shown["assignmentTypeGrades"]] == [
        *("NONE", "NONE", "ALL"),
    ]


@pytest.mark.parametrize("rule", ShowCorrectness)
@pytest.mark.parametrize("now", [NOW, AFTER_DUE])
@pytest.mark.parametrize("due", [DUE, None])
async def test_every_rule_before_and_after_the_due_date_and_without_one(
    database: str, rule: ShowCorrectness, now: datetime, due: datetime | None
) -> None:
    await course_with({"exam": rule}, due)
    past = due is None or now is AFTER_DUE
    visibility, percent, points = {
        ALWAYS: ("VISIBLE", "71%", {"display": "8/10"}),
        PAST_DUE: ("VISIBLE", "71%", {"display": "8/10"})
        if past
        else ("HIDDEN_UNTIL_DUE", "66%", None),
        NEVER: ("HIDDEN", "66%", None),
        COUNTED: ("HIDDEN_BUT_COUNTED", "71%", None) if past else ("HIDDEN", "66%", None),
    }[rule]

    seen = await grade(replace(AS_ADA, now=now))

    exam, exams = seen["subsectionGrades"][-1], seen["assignmentTypeGrades"][-1]
    assert (exam["visibility"], seen["displayPercent"], exam["gradedTotal"]) == (
        visibility,
        percent,
        points,
    )
    assert exam["problemScores"] == ([] if points is None else [{"earned": 8.0}])
    assert exams["displayWeightedPercent"] == ("24.00%" if percent == "71%" else None)
    assert exams["hiddenContribution"] == ("NONE" if visibility == "VISIBLE" else "ALL")
    assert exams["lastGradePublishAt"] == (
        "2026-05-31T21:59:00Z" if visibility == "HIDDEN_UNTIL_DUE" else None
    )


async def test_where_everything_is_hidden_there_is_no_grade_and_a_reason(database: str) -> None:
    await course_with(dict.fromkeys(["hw1", "hw2", "hw3", "lab1", "exam"], PAST_DUE))

    seen = await grade()
    of_staff = await grade(Asking())

    assert {name: seen[name] for name in list(seen)[:7]} == {
        "percent": None,
        "displayPercent": None,
        "letterGrade": None,
        "passed": False,
        "passingStatus": "NOT_ATTEMPTED",
        "passedAt": None,
        "visibility": "HIDDEN_UNTIL_DUE",
    }
    assert [one["score"] for one in seen["sectionGrades"]] == [{"display": "0/0"}, None]
    assert (of_staff["percent"], of_staff["visibility"]) == (0.71, "HIDDEN_UNTIL_DUE")
    assert (await grade(replace(AS_ADA, now=AFTER_DUE)))["percent"] == 0.71


async def test_who_did_nothing_sees_zeros_only_for_what_is_visible(database: str) -> None:
    await course_with({"exam": NEVER})
    as_bea = Asking(Viewer("bea", learner_id=LearnerId(12), enrolled_in=frozenset({COURSE_KEY})))

    seen = await grade(as_bea, username="bea")

    assert (seen["percent"], seen["passingStatus"]) == (0.0, "NOT_ATTEMPTED")
    assert [one["percent"] for one in seen["assignmentTypeGrades"]] == [0.0, 0.0, None]


@pytest.mark.parametrize("rule", [NEVER, PAST_DUE])
async def test_nothing_in_a_learners_whole_answer_depends_on_a_hidden_result(
    database: str, rule: ShowCorrectness
) -> None:
    without_limits()
    course = await course_with({"exam": rule, "hw2": NEVER})
    await record(course, [ADA], {"p1": (1, 4)})
    query = everything_query()
    before = orjson.dumps(await data(query, AS_ADA))

    for points in (0.0, 3.0, 10.0):
        await record(
            course, [ADA], {"p6": (points, 10)}, scored_at=SCORED + timedelta(hours=1 + points)
        )
        await override("exam", 1.0 + points / 2)
        await override("hw2", points / 2)
        assert orjson.dumps(await data(query, AS_ADA)) == before

    assert "a secret" not in before.decode()
    assert before.count(b'"CourseGrade_whatIf_') == 4


async def test_the_query_for_everything_shows_staff_that_results_have_changed(
    database: str,
) -> None:
    without_limits()
    await course_with({"exam": NEVER})
    as_both = replace(AS_ADA, viewer=replace(AS_ADA.viewer, staff_of=frozenset({COURSE_KEY})))
    before = await data(everything_query(), as_both)

    await override("exam", 1.0)

    after = await data(everything_query(), as_both)
    assert after != before
    assert "a secret" in str(after)


async def test_a_learners_stream_and_history_have_nothing_of_hidden_results(
    database: str,
) -> None:
    await course_with({"exam": NEVER})
    document = (
        f'subscription {{ gradeEvents(courseKey: "{COURSE_KEY}") {{ __typename '
        "... on CourseGradeChanged { before { percent } after { percent letterGrade } } "
        "... on SubsectionGradeChanged { usageKey } "
        "... on PassingStatusChanged { from to firstTimePassed } } }"
    )
    async with live() as events, events.following(document, AS_ADA) as following:
        await events.record("ada", "p6", 10, 10)
        await events.record("ada", "p4", 5, 5)
        told = await following.several(2)
        await events.record("ada", "p6", 0, 10, hour=1)
        await events.record("ada", "p5", 10, 10)
        told += await following.several(2)

    # Homework (0.8333 + 1) / 2 and lab 0.45; then lab 0.5.
    assert told == [
        {"__typename": "SubsectionGradeChanged", "usageKey": sequential("hw3")},
        {
            "__typename": "CourseGradeChanged",
            "before": {"percent": 0.66},
            "after": {"percent": 0.78, "letterGrade": "B"},
        },
        {"__typename": "SubsectionGradeChanged", "usageKey": sequential("lab1")},
        {
            "__typename": "CourseGradeChanged",
            "before": {"percent": 0.78},
            "after": {"percent": 0.8, "letterGrade": "B"},
        },
    ]


async def test_the_progress_page_of_a_learner_takes_six_statements(
    database: str, statements: list[str]
) -> None:
    await course_with({"exam": PAST_DUE})
    # As the server does it: the database says who somebody is and what they learn.
    context = replace(AS_ADA.context(), claimed=Viewer("ada"))
    forget_contents()

    async def run() -> tuple[dict[str, Any], int]:
        statements.clear()
        result = await schema.execute(operation(PROGRESS), {"courseKey": COURSE_KEY}, context)
        assert not result.errors
        return result.data or {}, len(statements)

    first, cold = await run()
    again, warm = await run()

    # Who asks, the course, its grade, its parts, the scores; first the course's content, too.
    assert (cold, warm) == (6, 5)
    assert again == first
    shown = first["course"]["courseGrade"]
    assert (shown["displayPercent"], shown["visibility"]) == ("66%", "VISIBLE")
    exam = shown["sectionGrades"][1]["subsectionGrades"][1]
    assert (exam["visibility"], exam["gradedTotal"], exam["problemScores"]) == (
        "HIDDEN_UNTIL_DUE",
        None,
        [],
    )


async def test_a_result_of_a_version_that_hid_it_stays_hidden_when_it_is_gone(
    database: str,
) -> None:
    await course_with({"exam": NEVER})
    warmth, engines = sections({})
    lab, _ = engines.subsections
    await publish_course(sections=(warmth, replace(engines, subsections=(lab,))))

    seen = await grade()

    assert (seen["displayPercent"], seen["subsectionGrades"][-1]["visibility"]) == (
        "66%",
        "HIDDEN",
    )


async def test_the_id_of_an_override_on_a_hidden_result_leads_to_nothing(database: str) -> None:
    await course_with({"exam": NEVER})
    await override("exam", 1.0)
    shown = await grade(Asking())
    override_id = shown["subsectionGrades"][-1]["override"]["id"]

    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await data(query, id=override_id))["node"] == {"id": override_id}
    assert (await data(query, AS_ADA, id=override_id))["node"] is None
