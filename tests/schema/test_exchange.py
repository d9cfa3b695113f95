"""``exportGrades`` and ``importGrades`` through the schema."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from db.courses import StoredCourse
from db.sql import fetch
from resolvers.job_running import run_chunk
from tests.schema.execution import AS_STAFF, Asking, data, everything_stored, refused_change
from tests.schema.heat import ADA, COURSE_KEY, END, NOW, sequential

EXPORT: Final = """mutation ($input: ExportGradesInput!) {
  exportGrades(input: $input) { job { id kind state total downloadUrl } userErrors { code field } }
}"""
IMPORT: Final = """mutation ($input: ImportGradesInput!) {
  importGrades(input: $input) { job { id kind total failed } userErrors { code field } }
}"""
JOB: Final = """query ($id: ID!, $after: String) {
  gradeJob(id: $id) {
    kind state total processed saved failed downloadUrl
    errors { totalCount nodes { row code learner { username } } }
    importedLines(first: 1, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes {
        row code learner { username } percentBefore percentAfter
        changes { usageKey earnedBefore earnedAfter possibleAfter }
      }
    }
  }
}"""


async def done(payload: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    while await run_chunk(AS_STAFF.context()):
        pass
    answered = await data(JOB, id=payload["job"]["id"], after=after)
    job: dict[str, Any] = answered["gradeJob"]
    return job


async def test_an_export_is_a_job_with_an_address_in_the_end(course: StoredCourse) -> None:
    asked = (await data(EXPORT, input={"courseKey": COURSE_KEY, "filter": {"search": "ada"}}))[
        "exportGrades"
    ]
    assert asked["userErrors"] == []
    assert (asked["job"]["kind"], asked["job"]["total"]) == ("EXPORT", 1)
    assert asked["job"]["downloadUrl"] is None

    job = await done(asked)

    assert (job["state"], job["downloadUrl"]) == ("COMPLETED", "/exports/1")
    assert job["importedLines"] is None


async def test_an_import_tells_of_every_line_page_by_page(course: StoredCourse) -> None:
    csv = f"user_id,course_id,new_override-hw3\n{ADA.id},{COURSE_KEY},5\n99,{COURSE_KEY},5\n"

    asked = (await data(IMPORT, input={"courseKey": COURSE_KEY, "csv": csv, "dryRun": True}))[
        "importGrades"
    ]
    job = await done(asked)

    assert asked["job"] | {"id": ""} == {"id": "", "kind": "IMPORT", "total": 2, "failed": 1}
    assert (job["state"], job["saved"], job["failed"]) == ("COMPLETED_WITH_ERRORS", 1, 1)
    assert job["errors"] == {
        "totalCount": 1,
        "nodes": [{"row": 3, "code": "LEARNER_NOT_ENROLLED", "learner": None}],
    }
    first = job["importedLines"]
    (ada,) = first["nodes"]
    assert (ada["row"], ada["learner"], ada["code"]) == (2, {"username": "ada"}, None)
    (change,) = ada["changes"]
    assert (change["usageKey"], change["earnedAfter"]) == (sequential("hw3"), 5.0)
    assert ada["percentAfter"] != ada["percentBefore"]
    assert first["pageInfo"]["hasNextPage"]
    (nobody,) = (await done(asked, first["pageInfo"]["endCursor"]))["importedLines"]["nodes"]
    assert (nobody["row"], nobody["changes"]) == (3, None)


async def test_a_file_of_other_columns_is_refused(course: StoredCourse) -> None:
    asked = {"courseKey": COURSE_KEY, "csv": "user_id,course_id,grade\n"}

    assert await refused_change(IMPORT, input=asked) == {
        "job": None,
        "userErrors": [{"code": "INVALID_INPUT", "field": ["csv"]}],
    }


KEYED: Final = {
    "courseKey": COURSE_KEY,
    "csv": f"user_id,course_id,new_override-hw3\n{ADA.id},{COURSE_KEY},5\n",
    "idempotencyKey": "k1",
}
FROZEN: Final = replace(AS_STAFF, now=END + timedelta(days=31))


def at(moment: datetime) -> Asking:
    return replace(AS_STAFF, now=moment)


async def test_an_import_that_is_asked_for_again_is_the_same_job(course: StoredCourse) -> None:
    first = (await data(IMPORT, input=KEYED))["importGrades"]
    assert first["userErrors"] == []
    stored = await everything_stored()

    assert (await data(IMPORT, input=KEYED))["importGrades"] == first
    assert await everything_stored() == stored

    assert (await done(first))["saved"] == 1
    stored = await everything_stored()
    assert (await data(IMPORT, input=KEYED))["importGrades"] == first
    assert await everything_stored() == stored


async def test_an_import_that_is_asked_for_at_once_ten_times_is_one_job(
    course: StoredCourse,
) -> None:
    answers = await asyncio.gather(*(data(IMPORT, input=KEYED) for _ in range(10)))

    assert answers == [answers[0]] * 10
    assert answers[0]["importGrades"]["userErrors"] == []
    assert await fetch("select count(*) from grade_job") == [(1,)]
    assert await fetch("select count(*) from import_line") == [(1,)]


@pytest.mark.parametrize(
    "another",
    [
        {"csv": KEYED["csv"].replace(",5", ",4")},
        {"dryRun": True},
        {"errorPolicy": "REJECT_EVERYTHING"},
        {"reason": "Another one."},
    ],
    ids=["csv", "dryRun", "errorPolicy", "reason"],
)
async def test_another_import_under_a_key_is_refused(
    course: StoredCourse, another: dict[str, object]
) -> None:
    await data(IMPORT, input=KEYED)

    assert await refused_change(IMPORT, input=KEYED | another) == {
        "job": None,
        "userErrors": [{"code": "IDEMPOTENCY_KEY_REUSED", "field": ["idempotencyKey"]}],
    }


async def test_after_a_day_the_key_of_an_import_is_free_again(course: StoredCourse) -> None:
    first = await data(IMPORT, input=KEYED)
    day = timedelta(hours=24)

    assert await data(IMPORT, at(NOW + day), input=KEYED) == first
    again = await data(IMPORT, at(NOW + day + timedelta(seconds=1)), input=KEYED)
    assert again["importGrades"]["job"]["id"] != first["importGrades"]["job"]["id"]


async def test_an_import_that_was_refused_uses_no_key_up(course: StoredCourse) -> None:
    for given, asking, code in (
        (KEYED | {"csv": "user_id,course_id,grade\n"}, AS_STAFF, "INVALID_INPUT"),
        (KEYED, FROZEN, "GRADES_FROZEN"),
    ):
        payload = await refused_change(IMPORT, asking, input=given)
        assert [error["code"] for error in payload["userErrors"]] == [code]

    assert (await data(IMPORT, input=KEYED))["importGrades"]["userErrors"] == []


@pytest.mark.parametrize("key", ["", "x" * 201, "\0"], ids=range(3))
async def test_an_import_under_a_key_that_cannot_be_kept_is_refused(
    course: StoredCourse, key: str
) -> None:
    assert await refused_change(IMPORT, input=KEYED | {"idempotencyKey": key}) == {
        "job": None,
        "userErrors": [{"code": "INVALID_INPUT", "field": ["idempotencyKey"]}],
    }
