"""``gradeJob``, ``gradeJobUpdated`` and ``cancelGradeJob``: finding, following and ending jobs."""

from typing import Any, Final

import pytest

from db.courses import StoredCourse
from db.grade_jobs import GradeJob, jobs
from db.sql import execute, fetch
from resolvers import grade_jobs, job_following
from resolvers.grade_jobs import start_regrade
from resolvers.job_running import run_chunk
from schema.global_id import global_id
from tests.schema.execution import (
    AS_NOBODY,
    AS_STAFF,
    data,
    everything_stored,
    refusal,
    refused_change,
    response,
)
from tests.schema.following import live
from tests.schema.heat import ADA, BEA, COURSE_KEY, record
from tests.schema.people import about, answer, both_courses

JOB: Final = """
query ($id: ID!) {
  gradeJob(id: $id) {
    id kind state total processed saved failed createdAt finishedAt
    createdBy { username } course { courseKey } importedLines { totalCount }
    errors { totalCount }
  }
}
"""
ERRORS: Final = """
query ($id: ID!, $first: Int!, $after: String) {
  gradeJob(id: $id) {
    errors(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { row } }
      nodes { row code message learner { username } }
    }
  }
}
"""
CANCEL: Final = """
mutation ($input: CancelGradeJobInput!) {
  cancelGradeJob(input: $input) {
    job { id state processed finishedAt } userErrors { __typename code message field }
  }
}
"""
IMPORT: Final = """
mutation ($input: ImportGradesInput!) {
  importGrades(input: $input) { job { id } userErrors { code } }
}
"""
FOLLOW: Final = (
    "subscription ($id: ID!) { gradeJobUpdated(id: $id) { state processed total saved } }"
)
NOT_FOUND: Final = "There is no such job, or you may not know of it."


@pytest.fixture
async def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each learner done apart."""
    monkeypatch.setattr(grade_jobs, "CHUNK", 1)


async def regrade_of(course: StoredCourse) -> str:
    """Ask for Ada's and Bea's grades, whose scores have changed; return the job's id."""
    await record(course, [BEA], {"p6": (5, 10)})
    await execute("update problem_score set earned = possible")
    job = await start_regrade(AS_STAFF.context(), course, [ADA.id, BEA.id], force=True)
    return global_id("GradeJob", job.id)


async def run_all() -> None:
    while await run_chunk(AS_STAFF.context()):
        pass


async def test_a_job_tells_how_far_it_is(course: StoredCourse, one_by_one: None) -> None:
    job_id = await regrade_of(course)
    begun = (await data(JOB, id=job_id))["gradeJob"]
    await run_chunk(AS_STAFF.context())
    half = (await data(JOB, id=job_id))["gradeJob"]
    await run_all()
    done = (await data(JOB, id=job_id))["gradeJob"]

    assert begun == {
        "id": job_id,
        "kind": "REGRADE",
        "state": "QUEUED",
        "total": 2,
        "processed": 0,
        "saved": 0,
        "failed": 0,
        "createdAt": "2026-03-01T12:00:00Z",
        "finishedAt": None,
        "createdBy": None,
        "course": {"courseKey": COURSE_KEY},
        "importedLines": None,
        "errors": {"totalCount": 0},
    }
    assert half == begun | {"state": "RUNNING", "processed": 1, "saved": 1}
    assert done == begun | {
        "state": "COMPLETED",
        "processed": 2,
        "saved": 2,
        "finishedAt": "2026-03-01T12:00:00Z",
    }


async def test_a_job_is_followed_until_it_ends(course: StoredCourse, one_by_one: None) -> None:
    job_id = await regrade_of(course)

    async with live() as stream, stream.following(FOLLOW, id=job_id) as following:
        told = [await following.next()]
        await run_chunk(AS_STAFF.context())
        told.append(await following.next())
        await run_all()
        told.append(await following.next())
        await following.end()

    assert [(one["state"], one["processed"]) for one in told] == [
        ("QUEUED", 0),
        ("RUNNING", 1),
        ("COMPLETED", 2),
    ]


async def test_between_two_messages_of_a_job_there_is_always_a_pause(
    course: StoredCourse, one_by_one: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Waiting:
        pauses = 0

        async def sleep(self, seconds: float) -> None:
            assert seconds == job_following.PAUSE
            self.pauses += 1

    waiting = Waiting()
    monkeypatch.setattr(job_following, "asyncio", waiting)
    await regrade_of(course)

    found = []
    async for job in job_following.follow_job(AS_STAFF.context(), 1):
        found.append((job.processed, waiting.pauses))
        await run_chunk(AS_STAFF.context())  # it goes on before anybody looks again

    assert found == [(0, 0), (1, 1), (2, 2)]


async def lines_of_strangers(count: int) -> str:
    """Import lines about nobody in the course, from row 2 on; return the job's id."""
    lines = [f"{900 + number},{COURSE_KEY},5" for number in range(count)]
    csv = "\n".join(["user_id,course_id,new_override-hw3", *lines])
    answered = await data(IMPORT, input={"courseKey": COURSE_KEY, "csv": csv})
    job_id: str = answered["importGrades"]["job"]["id"]
    return job_id


async def page(job_id: str, first: int, after: str | None = None) -> dict[str, Any]:
    answered = await data(ERRORS, id=job_id, first=first, after=after)
    errors: dict[str, Any] = answered["gradeJob"]["errors"]
    return errors


async def test_the_errors_of_a_job_are_paged(course: StoredCourse) -> None:
    job_id = await lines_of_strangers(5)
    rows: list[int] = []
    shapes = []
    after = None
    for _ in range(3):
        found = await page(job_id, 2, after)
        rows += [node["row"] for node in found["nodes"]]
        assert [edge["node"]["row"] for edge in found["edges"]] == rows[-len(found["nodes"]) :]
        info = found["pageInfo"]
        assert info["startCursor"] == found["edges"][0]["cursor"]
        assert info["endCursor"] == found["edges"][-1]["cursor"]
        shapes.append((found["totalCount"], info["hasPreviousPage"], info["hasNextPage"]))
        after = info["endCursor"]

    assert rows == [2, 3, 4, 5, 6]
    assert shapes == [(5, False, True), (5, True, True), (5, True, False)]
    assert await page(job_id, 2, after) == {
        "totalCount": 5,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": True,
            "startCursor": None,
            "endCursor": None,
        },
        "edges": [],
        "nodes": [],
    }
    assert (await page(job_id, 0))["nodes"] == []


async def test_an_error_names_its_learner(course: StoredCourse) -> None:
    job_id = await regrade_of(course)
    await execute(
        "update problem_score set earned = 1e12, possible = 1e-300 where learner_id = $1", BEA.id
    )
    await run_all()

    assert (await page(job_id, 10))["nodes"] == [
        {
            "row": None,
            "code": "COMPUTATION_FAILED",
            "message": "The scores of this learner add up to no finite number.",
            "learner": {"username": "bea"},
        }
    ]
    done = (await data(JOB, id=job_id))["gradeJob"]
    assert (done["state"], done["saved"], done["failed"]) == ("COMPLETED_WITH_ERRORS", 1, 1)


async def test_a_page_of_errors_has_bounds_and_a_cursor_of_its_own(course: StoredCourse) -> None:
    one = await lines_of_strangers(2)
    other = await lines_of_strangers(2)
    cursor = (await page(one, 1))["pageInfo"]["endCursor"]

    for job_id, first, after, code in (
        (one, 101, None, "TOO_MANY_ITEMS"),
        (one, -1, None, "INVALID_INPUT"),
        (one, 1, "nonsense", "INVALID_INPUT"),
        (other, 1, cursor, "INVALID_INPUT"),
    ):
        error = await refusal(ERRORS, id=job_id, first=first, after=after)
        assert error["code"] == code, (first, after)


async def test_a_job_that_is_cancelled_goes_no_further(
    course: StoredCourse, one_by_one: None
) -> None:
    job_id = await regrade_of(course)
    await run_chunk(AS_STAFF.context())
    events = await fetch("select count(*) from grade_event")

    answered = await data(CANCEL, input={"id": job_id})

    assert answered["cancelGradeJob"] == {
        "job": {
            "id": job_id,
            "state": "CANCELLED",
            "processed": 1,
            "finishedAt": "2026-03-01T12:00:00Z",
        },
        "userErrors": [],
    }
    await run_all()
    assert await fetch("select count(*) from grade_event") == events
    assert (await data(JOB, id=job_id))["gradeJob"]["state"] == "CANCELLED"


async def test_a_job_that_has_ended_is_answered_as_it_ended(course: StoredCourse) -> None:
    job_id = await regrade_of(course)
    await run_all()

    for _ in range(2):
        payload = await refused_change(CANCEL, input={"id": job_id})
        assert payload["userErrors"] == []
        assert (payload["job"]["state"], payload["job"]["processed"]) == ("COMPLETED", 2)


@pytest.mark.parametrize("job_id", [global_id("GradeJob", 99), global_id("User", 1)])
async def test_there_is_no_job_of_another_id(course: StoredCourse, job_id: str) -> None:
    await regrade_of(course)

    assert (await data(JOB, id=job_id))["gradeJob"] is None
    assert await refused_change(CANCEL, input={"id": job_id}) == {
        "job": None,
        "userErrors": [
            {
                "__typename": "InputError",
                "code": "JOB_NOT_FOUND",
                "message": NOT_FOUND,
                "field": ["id"],
            }
        ],
    }


async def test_what_is_no_id_is_refused(course: StoredCourse) -> None:
    assert (await refusal(JOB, id="4711"))["code"] == "INVALID_INPUT"
    payload = await refused_change(CANCEL, input={"id": "4711"})
    assert [error["code"] for error in payload["userErrors"]] == ["INVALID_INPUT"]


async def stored_job() -> GradeJob:
    return (await jobs([1]))[1]


@pytest.mark.parametrize("who", ["staff elsewhere", "learner", "anonymous"])
async def test_the_job_of_a_course_is_nobody_elses(database: str, who: str) -> None:
    job_id = await regrade_of(await both_courses())
    before = await everything_stored()
    found = about("{ gradeJob(id: $ID) { state errors { totalCount } } }", id=job_id)
    ended = about(
        "mutation { cancelGradeJob(input: {id: $ID}) { job { id } userErrors { code message } } }",
        id=job_id,
    )

    assert await answer(who, found) == {"data": {"gradeJob": None}}
    assert await answer(who, ended) == {
        "data": {
            "cancelGradeJob": {
                "job": None,
                "userErrors": [{"code": "JOB_NOT_FOUND", "message": NOT_FOUND}],
            }
        }
    }
    assert await everything_stored() == before
    # Whoever teaches there may end what a colleague has begun.
    assert "errors" not in await answer("staff", ended)
    assert (await stored_job()).state.name == "CANCELLED"


async def test_nobody_in_particular_follows_no_job(course: StoredCourse) -> None:
    job_id = await regrade_of(course)

    async with live() as stream, stream.following(FOLLOW, AS_NOBODY, id=job_id) as following:
        assert await following.refusal() == ("JOB_NOT_FOUND", NOT_FOUND)
    answered = await response(JOB, {"id": job_id}, AS_NOBODY)
    assert answered == {"data": {"gradeJob": None}}
