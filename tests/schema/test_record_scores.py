"""``recordScores``: raw scores in, grades out; each score stored or refused by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from db.learners import Learner, save_learners
from db.sql import as_datetime, fetch
from grading import LearnerId
from tests.schema.execution import (
    AS_NOBODY,
    AS_STAFF,
    data,
    everything_stored,
    refusal,
    refused_change,
)
from tests.schema.heat import (
    COURSE_KEY,
    NOW,
    PUBLISHED,
    enroll,
    problem,
    publish_course,
    sequential,
    usage_key,
)

RECORD = """
mutation ($input: RecordScoresInput!) {
  recordScores(input: $input) {
    results {
      index
      applied
      subsectionGrade { subsection { displayName } gradedTotal { earned possible } version }
      courseGrade { percent passed version }
      userErrors {
        __typename code message field
        ... on ScoreOutOfRangeError { minimum maximum }
      }
    }
    userErrors { __typename code message field }
  }
}
"""
FROZEN = replace(AS_STAFF, now=datetime(2026, 8, 1, tzinfo=UTC))
NEWER = "2026-02-02T00:00:00Z"
OLDER = "2026-02-01T09:29:59.999999Z"
SAME = "2026-02-01T09:30:00Z"


def score(
    name: str, given: float | None, maximum: float, *, of: str = "ada", **more: object
) -> dict[str, Any]:
    return {
        "learner": {"username": of},
        "usageKey": problem(name),
        "scoreGiven": given,
        "scoreMaximum": maximum,
        "timestamp": NEWER,
        **more,
    }


def scores(*several: dict[str, Any], course_key: str = COURSE_KEY) -> dict[str, Any]:
    return {"courseKey": course_key, "scores": list(several)}


async def recorded(*several: dict[str, Any]) -> list[dict[str, Any]]:
    answered = await data(RECORD, input=scores(*several))
    assert answered["recordScores"]["userErrors"] == []
    results: list[dict[str, Any]] = answered["recordScores"]["results"]
    return results


def grade_of(percent: float, passed: bool, version: str) -> dict[str, Any]:
    return {"percent": percent, "passed": passed, "version": version}


def subsection_of(title: str, earned: float, possible: float, version: str) -> dict[str, Any]:
    return {
        "subsection": {"displayName": title},
        "gradedTotal": {"earned": earned, "possible": possible},
        "version": version,
    }


def refused_score(index: int, *errors: dict[str, Any]) -> dict[str, Any]:
    return {
        "index": index,
        "applied": False,
        "subsectionGrade": None,
        "courseGrade": None,
        "userErrors": list(errors),
    }


def error(code: str, message: str, *field: str, **more: object) -> dict[str, Any]:
    return {
        "__typename": "InputError",
        "code": code,
        "message": message,
        "field": list(field) or None,
    } | more


async def test_a_score_is_answered_with_the_grades_it_leads_to(course: StoredCourse) -> None:
    # Homework 1.0 and 0.8333: 0.916650 x 0.5 + 0.09 + 0.24 = 0.788325.
    (result,) = await recorded(score("p4", 5, 5))

    assert result == {
        "index": 0,
        "applied": True,
        "subsectionGrade": subsection_of("Radiation", 5.0, 5.0, "1"),
        "courseGrade": grade_of(0.79, True, "2"),
        "userErrors": [],
    }


async def test_the_first_score_makes_a_grade(course: StoredCourse) -> None:
    (result,) = await recorded(score("p6", 10, 10, of="bea"))

    assert result["courseGrade"] == grade_of(0.3, False, "1")
    assert result["subsectionGrade"] == subsection_of("Exam", 10.0, 10.0, "1")


async def test_scores_of_several_learners_are_answered_in_their_order(
    course: StoredCourse,
) -> None:
    results = await recorded(
        score("p6", 10, 10, of="bea"),
        score("p6", 10, 10),
        score("p1", 4, 4, of="bea"),
        score("p2", 2, 2, of="cyd"),
    )

    # Every answer has the grades after all of the scores. Bea: 1 x 0.3 + 0.5 x 0.5.
    assert [(one["index"], one["applied"], one["courseGrade"]) for one in results] == [
        (0, True, grade_of(0.47, False, "1")),
        (1, True, grade_of(0.77, True, "2")),
        (2, True, grade_of(0.47, False, "1")),
        (3, True, grade_of(0.08, False, "1")),
    ]


async def test_points_of_a_weighted_problem_are_scaled(course: StoredCourse) -> None:
    (result,) = await recorded(score("p3", 3, 3))

    assert result["subsectionGrade"] == subsection_of("Conduction", 6.0, 6.0, "2")


async def test_points_above_the_possible_ones_are_kept_as_given(course: StoredCourse) -> None:
    (result,) = await recorded(score("p6", 12, 10))

    assert result["subsectionGrade"] == subsection_of("Exam", 12.0, 10.0, "2")


async def test_the_comment_is_kept_with_the_score(course: StoredCourse) -> None:
    comment = "é" * 1000
    await recorded(score("p4", 5, 5, comment=comment))

    rows = await fetch("select comment from problem_score where comment is not null")
    assert [row[0] for row in rows] == [comment]


async def test_null_takes_a_score_back(course: StoredCourse) -> None:
    (result,) = await recorded(score("p6", None, 10))

    assert result["subsectionGrade"] == subsection_of("Exam", 0.0, 10.0, "2")
    assert result["courseGrade"] == grade_of(0.47, False, "2")


async def test_a_score_without_points_given_takes_one_back(course: StoredCourse) -> None:
    without = score("p6", None, 10)
    del without["scoreGiven"]

    (result,) = await recorded(without)

    assert result["subsectionGrade"] == subsection_of("Exam", 0.0, 10.0, "2")


async def test_zero_is_a_score(course: StoredCourse) -> None:
    (result,) = await recorded(score("p6", 0, 10, of="bea"))

    assert result["applied"] is True
    assert result["courseGrade"] == grade_of(0.0, False, "1")


async def test_the_same_score_again_changes_nothing(course: StoredCourse) -> None:
    before = await everything_stored()

    (result,) = await recorded(score("p6", 8, 10, timestamp=SAME))

    assert result == {
        "index": 0,
        "applied": True,
        "subsectionGrade": subsection_of("Exam", 8.0, 10.0, "1"),
        "courseGrade": grade_of(0.71, True, "1"),
        "userErrors": [],
    }
    assert await everything_stored() == before


async def test_an_older_score_is_refused_and_nothing_is_stored(course: StoredCourse) -> None:
    payload = await refused_change(RECORD, input=scores(score("p6", 10, 10, timestamp=OLDER)))

    assert payload["results"] == [
        refused_score(
            0,
            error(
                "SCORE_OUTDATED",
                "This score is of 2026-02-01 09:29:59 UTC; "
                "a newer one, of 2026-02-01 09:30:00 UTC, is stored.",
                "scores",
                "0",
            ),
        )
    ]


@pytest.mark.parametrize(
    ("given", "applied", "earned"), [(7, False, 8.0), (8, True, 8.0), (9, True, 9.0)]
)
async def test_a_lower_score_is_not_taken_where_only_higher_ones_are(
    course: StoredCourse, given: int, applied: bool, earned: float
) -> None:
    (result,) = await recorded(score("p6", given, 10, onlyIfHigher=True))

    assert result["applied"] is applied
    assert result["subsectionGrade"]["gradedTotal"]["earned"] == earned
    assert result["userErrors"] == []


@pytest.mark.parametrize("only", [False, None])
async def test_a_lower_score_is_taken_otherwise(course: StoredCourse, only: bool | None) -> None:
    (result,) = await recorded(score("p6", 7, 10, onlyIfHigher=only))

    assert result["applied"] is True
    assert result["subsectionGrade"]["gradedTotal"]["earned"] == 7.0


@pytest.mark.parametrize(
    ("timestamp", "stored"),
    [
        ("2026-03-01T12:00:00.123456Z", datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-01T12:00:00+05:45", datetime(2026, 3, 1, 6, 15, tzinfo=UTC)),
        ("2026-03-01T12:00-03:00", datetime(2026, 3, 1, 15, tzinfo=UTC)),
    ],
)
async def test_an_instant_of_any_zone_is_stored_as_one_of_utc(
    course: StoredCourse, timestamp: str, stored: datetime
) -> None:
    await recorded(score("p4", 5, 5, timestamp=timestamp))

    rows = await fetch("select scored_at from problem_score order by scored_at desc limit 1")
    assert as_datetime(rows[0][0]) == stored


OUT_OF_RANGE = {"__typename": "ScoreOutOfRangeError", "minimum": 0.0, "maximum": 1e12}


@pytest.mark.parametrize(
    ("given", "maximum", "name"),
    [
        (-0.001, 10, "scoreGiven"),
        (1e13, 10, "scoreGiven"),
        (5, -1, "scoreMaximum"),
        (5, 1e13, "scoreMaximum"),
        (None, -1, "scoreMaximum"),
    ],
)
async def test_a_score_out_of_range_is_refused(
    course: StoredCourse, given: float | None, maximum: float, name: str
) -> None:
    payload = await refused_change(RECORD, input=scores(score("p6", given, maximum)))

    message = f"{name} must be a number from 0 to 1e+12."
    assert payload["results"] == [
        refused_score(0, error("SCORE_OUT_OF_RANGE", message, "scores", "0", name, **OUT_OF_RANGE))
    ]


@pytest.mark.parametrize("literal", ["1e400", "1" * 400])
async def test_a_literal_beyond_all_numbers_is_refused(course: StoredCourse, literal: str) -> None:
    document = f"""
    mutation {{ recordScores(input: {{courseKey: "{COURSE_KEY}", scores: [{{
      learner: {{username: "ada"}}, usageKey: "{problem("p6")}", scoreGiven: {literal},
      scoreMaximum: 10, timestamp: "{NEWER}"
    }}]}}) {{ results {{ userErrors {{ code field }} }} userErrors {{ code }} }} }}
    """

    payload = await refused_change(document)

    error = {"code": "SCORE_OUT_OF_RANGE", "field": ["scores", "0", "scoreGiven"]}
    assert payload == {"results": [{"userErrors": [error]}], "userErrors": []}


@pytest.mark.parametrize(
    "number",
    [float("nan"), float("inf"), -float("inf"), 10**400, "10", True, "NaN"],
    ids=["nan", "inf", "-inf", "10^400", "text", "bool", "NaN as text"],
)
@pytest.mark.parametrize("name", ["scoreGiven", "scoreMaximum"])
async def test_what_is_no_number_is_refused(
    course: StoredCourse, name: str, number: object
) -> None:
    refused = await refusal(RECORD, input=scores(score("p6", 5, 10) | {name: number}))

    beginning = f"Variable '$input' has invalid value at .scores[0].{name}: Float cannot represent"
    assert refused["message"].startswith(beginning)
    assert (refused["path"], refused["code"]) == (None, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("timestamp", "message"),
    [
        (
            "2026-03-01T12:00:00",
            "'2026-03-01T12:00:00' names no time zone; write 2026-01-31T12:00:00Z.",
        ),
        ("2026-03-01", "'2026-03-01' names no time zone; write 2026-01-31T12:00:00Z."),
        ("yesterday", "'yesterday' is no ISO-8601 instant."),
        ("2026-02-30T00:00:00Z", "'2026-02-30T00:00:00Z' is no ISO-8601 instant."),
        ("0001-01-01T00:00:00+14:00", "'0001-01-01T00:00:00+14:00' is no ISO-8601 instant."),
        ("", "'' is no ISO-8601 instant."),
        (1772366400, "An instant is text."),
    ],
)
async def test_a_malformed_instant_is_refused(
    course: StoredCourse, timestamp: object, message: str
) -> None:
    refused = await refusal(RECORD, input=scores(score("p6", 5, 10, timestamp=timestamp)))

    assert refused == {
        "message": f"Variable '$input' has invalid value at .scores[0].timestamp: {message}",
        "path": None,
        "code": "INVALID_INPUT",
    }


@pytest.mark.parametrize(
    "key",
    [
        sequential("exam"),
        usage_key("chapter", "engines"),
        problem("nowhere"),
        usage_key("problem", "p6", "course-v1:Acme+Cold+2026"),
    ],
    ids=["subsection", "section", "unknown", "of another course"],
)
async def test_a_score_of_what_is_no_problem_is_refused(course: StoredCourse, key: str) -> None:
    payload = await refused_change(RECORD, input=scores(score("p6", 5, 10, usageKey=key)))

    message = f"{key} is no problem in the present version of {COURSE_KEY}."
    assert payload["results"] == [
        refused_score(0, error("BLOCK_NOT_FOUND", message, "scores", "0"))
    ]


async def test_a_malformed_usage_key_is_refused(course: StoredCourse) -> None:
    refused = await refusal(RECORD, input=scores(score("p6", 5, 10, usageKey="p6")))

    assert refused == {
        "message": "Variable '$input' has invalid value at .scores[0].usageKey: 'p6' is no usage "
        "key; expected block-v1:ORG+COURSE+RUN+type@TYPE+block@ID.",
        "path": None,
        "code": "INVALID_INPUT",
    }


async def test_each_score_is_stored_or_refused_by_itself(course: StoredCourse) -> None:
    await save_learners([Learner(LearnerId(14), "dan")], now=PUBLISHED)

    results = await recorded(
        score("p6", 10, 10, of="eve"),
        score("p6", 10, 10),
        score("p6", 10, 10, of="dan"),
        score("p6", 9, 10),
        score("p5", 9, 10, timestamp=OLDER),
        score("p4", 5, 5, comment="x" * 1001),
        score("p4", 5, 5, comment="nul"),
    )

    assert [one["applied"] for one in results] == [False, True, False, False, False, False, False]
    assert [one["userErrors"] for one in results] == [
        [
            error(
                "LEARNER_NOT_FOUND",
                "There is no learner whose username is 'eve'.",
                "scores",
                "0",
                "learner",
            )
        ],
        [],
        [
            error(
                "LEARNER_NOT_ENROLLED",
                f"Learner 'dan' is not enrolled in {COURSE_KEY}.",
                "scores",
                "2",
                "learner",
            )
        ],
        [
            error(
                "DUPLICATE_ITEM",
                "This request has another score of the same learner for the same problem.",
                "scores",
                "3",
            )
        ],
        [
            error(
                "SCORE_OUTDATED",
                "This score is of 2026-02-01 09:29:59 UTC; "
                "a newer one, of 2026-02-01 09:30:00 UTC, is stored.",
                "scores",
                "4",
            )
        ],
        [
            error(
                "INVALID_INPUT",
                "A comment has at most 1000 characters, none of them NUL or half a character.",
                "scores",
                "5",
                "comment",
            )
        ],
        [
            error(
                "DUPLICATE_ITEM",
                "This request has another score of the same learner for the same problem.",
                "scores",
                "6",
            )
        ],
    ]
    # Exam 1 x 0.3: 0.375 + 0.09 + 0.3 = 0.765.
    assert results[1]["courseGrade"] == grade_of(0.77, True, "2")


def all_refused(refusal_of_all: dict[str, Any]) -> dict[str, Any]:
    return {"results": [], "userErrors": [refusal_of_all]}


async def test_a_learner_without_a_name_refuses_all(course: StoredCourse) -> None:
    given = scores(score("p6", 5, 10), score("p5", 5, 10, learner={"id": "11"}))

    assert await refused_change(RECORD, input=given) == all_refused(
        error("INVALID_INPUT", "'11' is no id of this service.", "scores", "1", "learner")
    )


@pytest.mark.parametrize(
    "comment", ["nul\0", "half a pair \ud800", "x" * 1001], ids=["nul", "half", "long"]
)
async def test_a_comment_that_cannot_be_kept_is_refused(course: StoredCourse, comment: str) -> None:
    payload = await refused_change(RECORD, input=scores(score("p6", 5, 10, comment=comment)))

    message = "A comment has at most 1000 characters, none of them NUL or half a character."
    assert payload["results"] == [
        refused_score(0, error("INVALID_INPUT", message, "scores", "0", "comment"))
    ]


async def test_a_hundred_scores_may_be_sent_and_no_more(course: StoredCourse) -> None:
    learners = [Learner(LearnerId(number), f"learner{number}") for number in range(1000, 1101)]
    await enroll(course, *learners)
    given = [score("p6", 5, 10, of=one.username) for one in learners]

    assert await refused_change(RECORD, input=scores(*given)) == all_refused(
        error(
            "TOO_MANY_ITEMS",
            "101 scores are more than 100; send them in several requests.",
            "scores",
        )
    )
    results = await recorded(*given[:100])
    assert [one["applied"] for one in results] == [True] * 100


async def test_no_score_is_no_change(course: StoredCourse) -> None:
    assert await refused_change(RECORD, input=scores()) == {"results": [], "userErrors": []}


async def test_a_frozen_course_refuses(course: StoredCourse) -> None:
    message = (
        "The grades of this course are frozen since 2026-07-31 00:00 UTC, "
        "because the course has ended."
    )

    assert await refused_change(RECORD, FROZEN, input=scores(score("p6", 5, 10))) == all_refused(
        error("GRADES_FROZEN", message, __typename="GradesFrozenError")
    )


async def test_a_course_is_open_until_the_moment_it_freezes(course: StoredCourse) -> None:
    last = replace(AS_STAFF, now=datetime(2026, 7, 31, tzinfo=UTC))

    answered = await data(RECORD, last, input=scores(score("p6", 5, 10)))

    assert answered["recordScores"]["results"][0]["applied"] is True


async def test_an_unknown_course_is_refused(course: StoredCourse) -> None:
    given = scores(score("p6", 5, 10), course_key="course-v1:Acme+Cold+2026")

    assert await refused_change(RECORD, input=given) == all_refused(
        error(
            "COURSE_NOT_FOUND",
            "There is no course course-v1:Acme+Cold+2026, or you may not know of it.",
        )
    )


@pytest.mark.parametrize("of", ["ada", "eve"])
async def test_nobody_in_particular_learns_and_changes_nothing(
    course: StoredCourse, of: str
) -> None:
    given = scores(score("p6", 5, 10, of=of))

    assert await refused_change(RECORD, AS_NOBODY, input=given) == all_refused(
        error("COURSE_NOT_FOUND", f"There is no course {COURSE_KEY}, or you may not know of it.")
    )


async def test_a_problem_that_left_the_course_takes_no_scores(course: StoredCourse) -> None:
    warmth = course.content.structure.sections[0]
    await publish_course(sections=(warmth,))

    payload = await refused_change(RECORD, input=scores(score("p6", 5, 10)))

    assert payload["results"][0]["userErrors"][0]["code"] == "BLOCK_NOT_FOUND"


async def test_a_second_change_in_one_document_sees_the_first(course: StoredCourse) -> None:
    answered = await data(
        RECORD.replace("mutation ($input", "mutation ($second: RecordScoresInput!, $input").replace(
            "recordScores(input: $input)",
            "first: recordScores(input: $second) { results { courseGrade { version } } }"
            " recordScores(input: $input)",
        ),
        replace(AS_STAFF, now=NOW + timedelta(days=1)),
        second=scores(score("p6", 9, 10)),
        input=scores(score("p6", 10, 10)),
    )

    assert answered["first"]["results"] == [{"courseGrade": {"version": "2"}}]
    (result,) = answered["recordScores"]["results"]
    assert result["courseGrade"] == grade_of(0.77, True, "3")
