"""``CourseGrade.whatIf``: the grade that supposed scores would give."""

from dataclasses import replace
from typing import Any

import pytest

from db.courses import StoredCourse
from grading import LearnerId, ShowCorrectness
from resolvers.access import Viewer
from tests.schema.execution import AS_STAFF, Asking, data, everything_stored, refusal, response
from tests.schema.heat import ADA, COURSE_KEY, problem, record, sequential
from tests.schema.test_operations import WHAT_IF, operation
from tests.schema.test_visibility import AFTER_DUE, AS_ADA, course_with

DOCUMENT = operation(WHAT_IF)
HERE = frozenset({COURSE_KEY})
HIDDEN_EXAM = {"exam": ShowCorrectness.NEVER}


def score(usage_key: str, earned: float, possible: float | None = None) -> dict[str, Any]:
    return {"usageKey": usage_key, "earned": earned, "possible": possible}


async def preview(*scores: dict[str, Any], asking: Asking = AS_ADA) -> dict[str, Any]:
    answered = await data(DOCUMENT, asking, courseKey=COURSE_KEY, scores=list(scores))
    found: dict[str, Any] = answered["courseGrade"]["whatIf"]
    return found


async def test_a_problem_gives_what_recording_it_gives_and_nothing_is_stored(
    course: StoredCourse,
) -> None:
    before = await everything_stored()
    supposed = await preview(score(problem("p4"), 5), score(problem("p6"), 20, 20))
    assert await everything_stored() == before

    await record(course, [ADA], {"p4": (5, 5), "p6": (20, 20)})

    # Homework (0.8333 + 1) / 2 x 0.5, lab 0.09, exam 0.3.
    assert supposed == {
        "percent": 0.85,
        "displayPercent": "85%",
        "letterGrade": "B",
        "passed": True,
        "assignmentTypeGrades": [
            {"assignmentType": {"name": "Homework"}, "weightedPercent": 0.458325},
            {"assignmentType": {"name": "Lab"}, "weightedPercent": 0.09000000000000001},
            {"assignmentType": {"name": "Exam"}, "weightedPercent": 0.3},
        ],
    }
    assert await preview() == supposed


async def test_a_subsection_costs_no_statement_and_a_problem_one(
    course: StoredCourse, statements: list[str]
) -> None:
    async def count(*scores: dict[str, Any]) -> int:
        statements.clear()
        await preview(*scores)
        return len(statements)

    # The course with the grade, and its parts.
    assert await count(score(sequential("exam"), 10)) == await count() == 2
    assert await count(score(problem("p6"), 10), score(problem("p1"), 1)) == 3


async def test_hidden_results_are_not_in_it_and_what_is_supposed_for_them_is(
    database: str,
) -> None:
    course = await course_with(HIDDEN_EXAM)
    supposed = [
        await preview(),
        await preview(score(sequential("exam"), 10)),
        await preview(score(problem("p6"), 0)),
    ]

    await record(course, [ADA], {"p6": (1, 10)})

    assert [one["displayPercent"] for one in supposed] == ["66%", "77%", "47%"]
    assert supposed == [
        await preview(),
        await preview(score(sequential("exam"), 10)),
        await preview(score(problem("p6"), 0)),
    ]


async def test_results_that_are_hidden_but_counted_are_not_in_it(database: str) -> None:
    await course_with({"exam": ShowCorrectness.NEVER_BUT_INCLUDE_GRADE})
    afterwards = replace(AS_ADA, now=AFTER_DUE)

    assert (await preview(asking=afterwards))["displayPercent"] == "66%"
    assert (await preview(score(sequential("exam"), 8), asking=afterwards))["percent"] == 0.71


async def test_what_a_preview_leaves_out_shows_nothing_of_what_is_hidden(database: str) -> None:
    course = await course_with({"hw3": ShowCorrectness.NEVER})
    await record(course, [ADA], {"p4": (5, 5)})
    document = f"""{{
      courseGrade(courseKey: "{COURSE_KEY}") {{
        whatIf(scores: [{{usageKey: "{sequential("hw3")}", earned: 0}}]) {{
          percent assignmentTypeGrades {{ dropped {{ problemScores {{ earned }} }} }}
        }}
      }}
    }}"""
    as_staff_too = replace(AS_ADA, viewer=replace(AS_ADA.viewer, staff_of=HERE))

    seen = (await data(document, AS_ADA))["courseGrade"]["whatIf"]
    of_staff = (await data(document, as_staff_too))["courseGrade"]["whatIf"]

    assert seen["percent"] == of_staff["percent"] == 0.71
    assert [one["dropped"] for one in seen["assignmentTypeGrades"]] == [[], [], []]
    assert [one["dropped"] for one in of_staff["assignmentTypeGrades"]] == [
        [{"problemScores": [{"earned": 5.0}]}],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("scores", "code", "message"),
    [
        (
            [score(problem("none"), 1)],
            "BLOCK_NOT_FOUND",
            f"The course has no problem and no subsection {problem('none')}.",
        ),
        (
            [score(problem("p1"), 1), score(problem("p1"), 2)],
            "DUPLICATE_ITEM",
            f"There are two scores for {problem('p1')}.",
        ),
        (
            [score(problem("p1"), -1)],
            "SCORE_OUT_OF_RANGE",
            f"earned of {problem('p1')} must be a number from 0 to 1e+12.",
        ),
        (
            [score(problem("p1"), 1, 2e12)],
            "SCORE_OUT_OF_RANGE",
            f"possible of {problem('p1')} must be a number from 0 to 1e+12.",
        ),
        (
            [score(problem("p1"), 1)] * 101,
            "TOO_MANY_ITEMS",
            "101 scores are more than 100.",
        ),
    ],
)
async def test_what_cannot_be_supposed_is_refused(
    course: StoredCourse, scores: list[dict[str, Any]], code: str, message: str
) -> None:
    error = await refusal(DOCUMENT, AS_ADA, courseKey=COURSE_KEY, scores=scores)

    assert (error["code"], error["message"]) == (code, message)
    assert error["path"] == ["courseGrade", "whatIf"]


@pytest.mark.parametrize("points", [float("nan"), float("inf")])
async def test_what_is_no_number_is_no_score(course: StoredCourse, points: float) -> None:
    variables = {"courseKey": COURSE_KEY, "scores": [score(problem("p1"), points)]}

    answered = await response(DOCUMENT, variables, AS_ADA)

    assert [one["code"] for one in answered["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_stranger_is_told_of_no_course(course: StoredCourse) -> None:
    stranger = Asking(Viewer("stranger", learner_id=LearnerId(99)))

    answered = await response(DOCUMENT, {"courseKey": COURSE_KEY, "scores": []}, stranger)

    assert answered["data"] == {"courseGrade": None}
    assert AS_STAFF.viewer.learner_id is None
