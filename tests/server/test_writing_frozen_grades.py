"""The setting that lets services write what is frozen for everybody else."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from resolvers.access import Scope
from server.app import create_app
from server.settings import Settings
from server.trial_tokens import TrialToken, sign
from tests.schema.heat import COURSE_KEY, END, heat_course

UPDATE = f"""mutation {{
  updateGrade(input: {{courseKey: "{COURSE_KEY}", learner: {{username: "ada"}}}}) {{
    userErrors {{ code }}
  }}
}}"""
SERVICE = TrialToken("sis", scopes=[Scope.GRADES_WRITE])
STAFF = TrialToken("ann", staff=True)


async def codes(settings: Settings, asking: TrialToken) -> list[str]:
    token = sign(settings, asking, now=datetime.now(UTC), lifetime=timedelta(minutes=5))
    long_after = END + timedelta(days=365)
    transport = httpx.ASGITransport(create_app(settings, now=lambda: long_after))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        response = await client.post(
            "/graphql", json={"query": UPDATE}, headers={"Authorization": f"Bearer {token}"}
        )
    payload = response.json()["data"]["updateGrade"]
    return [error["code"] for error in payload["userErrors"]]


@pytest.mark.parametrize(
    ("allowed", "asking", "expected"),
    [
        (False, SERVICE, ["GRADES_FROZEN"]),
        (False, STAFF, ["GRADES_FROZEN"]),
        (True, SERVICE, []),
        (True, STAFF, ["GRADES_FROZEN"]),
    ],
)
async def test_services_write_on_where_they_are_let(
    database: str, allowed: bool, asking: TrialToken, expected: list[str]
) -> None:
    await heat_course()
    settings = Settings(
        jwt_secret="a secret of thirty-two characters",  # type: ignore[arg-type]
        services_write_frozen=allowed,
    )

    assert await codes(settings, asking) == expected
