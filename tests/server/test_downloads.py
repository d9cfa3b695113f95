"""Files of exported grades over HTTP, and the runner that makes them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from db.course_roles import CourseRole, save_course_roles
from db.learners import Learner, save_learners
from db.sql import execute
from grading import LearnerId
from resolvers.access import Scope
from server.settings import Settings
from server.trial_tokens import TrialToken, sign
from tests.factories import COURSE, NOW, enroll, publish_content
from tests.server.live_server import SECRET, SOON, LiveServer, serving, settings_of

pytestmark = pytest.mark.slow  # each test waits for a job

EXPORT = f"""mutation {{
  exportGrades(input: {{courseKey: "{COURSE}"}}) {{ job {{ id }} userErrors {{ code }} }}
}}"""
JOB = "query ($id: ID!) { gradeJob(id: $id) { state downloadUrl } }"
STAFF = TrialToken("ann", staff=True)
TEACHER = TrialToken("tess")
SERVICE = TrialToken("sis", scopes=[Scope.GRADES_READ])
LEARNER = TrialToken("learner-001")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_of(database_url, development=False, jwt_secret=SECRET)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[LiveServer]:
    async with serving(settings) as server:
        course = await publish_content()
        await enroll(course, 3)
        await save_learners([Learner(LearnerId(21), "tess")], now=NOW)
        await save_course_roles([CourseRole(course.id, LearnerId(21), "staff")], now=NOW)
        yield server


def token_of(settings: Settings, who: TrialToken) -> str:
    return sign(settings, who, now=datetime.now(UTC), lifetime=timedelta(minutes=5))


async def exported(server: LiveServer, token: str) -> str:
    """Ask for a file and wait until the server has made it; return its path."""
    asked = (await server.ask(EXPORT, None, token))["data"]["exportGrades"]
    assert asked["userErrors"] == []
    async with asyncio.timeout(SOON):
        while True:
            answer = await server.ask(JOB, {"id": asked["job"]["id"]}, token)
            job = answer["data"]["gradeJob"]
            if job["state"] == "COMPLETED":
                return str(job["downloadUrl"])
            assert job["downloadUrl"] is None
            await asyncio.sleep(0.05)


async def got(server: LiveServer, path: str, token: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(timeout=SOON) as client:
        return await client.get(f"http://{server.address}{path}", headers=headers)


async def test_a_file_is_made_by_the_server_and_downloaded(
    server: LiveServer, settings: Settings
) -> None:
    staff = token_of(settings, STAFF)
    path = await exported(server, staff)

    response = await got(server, path, staff)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == (
        'attachment; filename="course-v1-edX-Toy-2024_grade_report_2026-03-02-0930.csv"'
    )
    assert response.headers["cache-control"] == "no-store"
    assert len(response.text.splitlines()) == 4


async def test_who_may_not_see_all_grades_is_told_of_no_file(
    server: LiveServer, settings: Settings
) -> None:
    path = await exported(server, token_of(settings, TEACHER))

    told = set()
    for who in (LEARNER, SERVICE, None):
        token = None if who is None else token_of(settings, who)
        there, nowhere = await got(server, path, token), await got(server, "/exports/99", token)
        told |= {(one.status_code, one.json()["errors"][0]["message"]) for one in (there, nowhere)}
    assert [status for status, _ in told] == [404]
    forged = await got(server, path, "forged")
    assert (forged.status_code, forged.headers["www-authenticate"][:6]) == (401, "Bearer")


async def test_a_right_that_has_ended_ends_the_download(
    server: LiveServer, settings: Settings
) -> None:
    teacher = token_of(settings, TEACHER)
    path = await exported(server, teacher)
    assert (await got(server, path, teacher)).status_code == 200

    await execute("delete from course_role")

    assert (await got(server, path, teacher)).status_code == 404


async def test_a_file_that_has_expired_is_gone(server: LiveServer, settings: Settings) -> None:
    staff = token_of(settings, STAFF)
    path = await exported(server, staff)
    await execute("update job_export set expires_at = $1", NOW)

    response = await got(server, path, staff)

    assert response.status_code == 410
    assert response.json()["errors"][0]["extensions"]["code"] == "EXPORT_EXPIRED"


@pytest.mark.parametrize("path", ["/exports/", "/exports/x", "/exports/-1", f"/exports/{10**30}"])
async def test_no_path_but_a_jobs_leads_to_a_file(
    server: LiveServer, settings: Settings, path: str
) -> None:
    assert (await got(server, path, token_of(settings, STAFF))).status_code == 404
