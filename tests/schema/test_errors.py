"""What clients and the log are told when something is refused, and when we have a bug."""

import logging
from typing import Any

import pytest

from db.courses import StoredCourse
from db.errors import DBConnectionError, RetryableError, StatementTimeout
from resolvers.context import Context
from resolvers.outages import Outage, outage_of
from schema import schema
from tests.schema.execution import AS_STAFF, Asking, refusal, response
from tests.schema.heat import COURSE_KEY, problem

COURSE = "query ($courseKey: CourseKey!) { course(courseKey: $courseKey) { displayName } }"
SECRET = "the password is sesame"
APOLOGY = "Something went wrong on our side. Tell the operator the request id."


async def broken(*args: object) -> None:
    raise RuntimeError(SECRET)


async def test_the_text_of_a_bug_reaches_the_log_and_no_client(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("schema.query.courses.find_course", broken)

    with caplog.at_level(logging.DEBUG, logger="schema"):
        result = await schema.execute(
            COURSE, {"courseKey": COURSE_KEY}, Asking(request_id="request-7").context()
        )

    assert result.data == {"course": None}
    (error,) = result.errors or []
    assert error.formatted == {
        "message": APOLOGY,
        "locations": [{"line": 1, "column": 34}],
        "path": ["course"],
        "extensions": {"code": "INTERNAL_ERROR", "requestId": "request-7"},
    }
    assert error.original_error is None
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (
        "ERROR",
        "bug at ['course'], request request-7",
    )
    assert SECRET in caplog.text
    assert "Traceback (most recent call last)" in caplog.text


async def test_a_bug_in_one_field_leaves_the_others(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.grade_parts.learners.read_enrollments", broken)

    answered = await response(
        "query ($key: CourseKey!) { courseGrade(courseKey: $key, learner: {username: "
        '"ada"}) { percent enrollment { mode } } }',
        {"key": COURSE_KEY},
    )

    assert answered == {
        "data": {"courseGrade": {"percent": 0.71, "enrollment": None}},
        "errors": [
            {
                "message": APOLOGY,
                "path": ["courseGrade", "enrollment"],
                "code": "INTERNAL_ERROR",
            }
        ],
    }


async def test_a_bug_outside_of_all_fields_tells_nothing_either(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken_here(context: Context) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Context, "for_operation", broken_here)

    answered = await response("{ __typename }")

    assert answered == {
        "data": None,
        "errors": [{"message": APOLOGY, "path": None, "code": "INTERNAL_ERROR"}],
    }
    assert SECRET in caplog.text


async def test_a_refusal_is_one_line_in_the_log(
    course: StoredCourse, caplog: pytest.LogCaptureFixture
) -> None:
    document = (
        "query ($key: CourseKey!) { course(courseKey: $key) { gradebook(first: 101)"
        " { totalCount } } }"
    )

    with caplog.at_level(logging.DEBUG, logger="schema"):
        await refusal(document, key=COURSE_KEY)

    (record,) = [one for one in caplog.records if one.name.startswith("schema")]
    assert (record.levelname, record.exc_info) == ("DEBUG", None)
    assert record.getMessage() == (
        "refused TOO_MANY_ITEMS at ['course', 'gradebook'], request request-1"
    )


async def test_an_invalid_document_is_one_line_in_the_log(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="schema"):
        await refusal("{ nothing }")

    (record,) = [one for one in caplog.records if one.name.startswith("schema")]
    assert (record.levelname, record.exc_info) == ("DEBUG", None)
    assert record.getMessage() == "refused GRAPHQL_REQUEST at None, request request-1"


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (
            "query ($n: String!) { courseGrade(courseKey: 12, learner: {username: $n}) { id } }",
            {"n": "Lovelace"},
        ),
        (
            "mutation ($input: RecordScoresInput!) { recordScores(input: $input) { __typename } }",
            {
                "input": {
                    "courseKey": COURSE_KEY,
                    "scores": [
                        {
                            "learner": {"username": "Lovelace"},
                            "usageKey": problem("p6"),
                            "scoreGiven": 12345.5,
                            "scoreMaximum": 10,
                            "timestamp": "2026-02-02T00:00:00Z",
                        },
                        {
                            "learner": {"username": "Lovelace"},
                            "usageKey": problem("p6"),
                            "scoreGiven": "12345.5",
                            "scoreMaximum": 10,
                            "timestamp": "2026-02-02T00:00:00Z",
                        },
                    ],
                }
            },
        ),
        ("query ($id: ID!) { node(id: $id) { id } }", {"id": "Lovelace 12345.5"}),
    ],
)
async def test_no_line_of_the_log_has_a_name_or_a_grade(
    course: StoredCourse,
    document: str,
    variables: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, logger="schema"):
        answered = await response(document, variables)

    assert "errors" in answered
    assert caplog.records != []
    assert "Lovelace" not in caplog.text
    assert "12345" not in caplog.text


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($a: Int!) { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ node(id: 1.5) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ node(id: "x") { id } }', "INVALID_INPUT"),
        ('{ course(courseKey: "x") { id } }', "INVALID_INPUT"),
    ],
)
async def test_every_error_has_a_code(database: str, document: str, code: str) -> None:
    answered = await response(document)

    assert {error["code"] for error in answered["errors"]} == {code}


async def test_one_of_several_operations_is_run_by_its_name(database: str) -> None:
    document = "query A { a: __typename } query B { b: __typename }"

    assert await response(document, operation_name="B") == {"data": {"b": "Query"}}
    assert (await response(document))["errors"] == [
        {
            "message": "The document has several operations: send operationName with it.",
            "path": None,
            "code": "GRAPHQL_VALIDATION_FAILED",
        }
    ]


async def test_operations_read_anew_what_another_one_may_have_changed(
    course: StoredCourse,
) -> None:
    context = AS_STAFF.context()
    read = (
        "query ($key: CourseKey!)"
        ' { courseGrade(courseKey: $key, learner: {username: "ada"}) { version } }'
    )
    change = (
        "mutation ($input: RecordScoresInput!)"
        " { recordScores(input: $input) { userErrors { code } } }"
    )
    score = {
        "learner": {"username": "ada"},
        "usageKey": problem("p6"),
        "scoreGiven": 10,
        "scoreMaximum": 10,
        "timestamp": "2026-02-02T00:00:00Z",
    }

    before = await schema.execute(read, {"key": COURSE_KEY}, context)
    await schema.execute(
        change, {"input": {"courseKey": COURSE_KEY, "scores": [score]}}, AS_STAFF.context()
    )
    after = await schema.execute(read, {"key": COURSE_KEY}, context)

    assert (before.data, after.data) == (
        {"courseGrade": {"version": "1"}},
        {"courseGrade": {"version": "2"}},
    )


@pytest.mark.parametrize(
    ("trouble", "logged"),
    [
        (
            DBConnectionError("connection to 10.0.0.7\nrefused"),
            "SERVICE_UNAVAILABLE at ['course'], request request-1: connection to 10.0.0.7 refused",
        ),
        (
            RetryableError("deadlock detected"),
            "SERVICE_UNAVAILABLE at ['course'], request request-1: deadlock detected",
        ),
        (
            StatementTimeout("canceling statement"),
            "TIMEOUT at ['course'], request request-1: canceling statement",
        ),
    ],
)
async def test_a_trouble_of_the_database_is_masked_and_one_line_in_the_log(
    course: StoredCourse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: Exception,
    logged: str,
) -> None:
    async def failing(*args: object) -> None:
        raise trouble

    monkeypatch.setattr("schema.query.courses.find_course", failing)

    with caplog.at_level(logging.DEBUG, logger="schema"):
        answered = await response(COURSE, {"courseKey": COURSE_KEY})

    (error,) = answered["errors"]
    assert outage_of(trouble) == Outage(error["code"], error["message"])
    (record,) = [one for one in caplog.records if one.name == "schema.errors"]
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert record.getMessage() == logged
