"""``exportGrades`` and ``importGrades`` through the schema."""

from typing import Any, Final

from db.courses import StoredCourse
from resolvers.job_running import run_chunk
from tests.schema.execution import AS_STAFF, data, refused_change
from tests.schema.heat import ADA, COURSE_KEY, sequential

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
