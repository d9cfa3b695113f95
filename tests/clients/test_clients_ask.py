"""Clients from npm ask and change, and tell of errors what the server told."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.settings import Settings
from server.trial_tokens import TrialToken, sign
from tests.clients.npm import FOLDER, PATIENCE
from tests.factories import COURSE, NOW, problem_key
from tests.server.live_server import SECRET, LiveServer, serving, settings_of, with_course

pytestmark = [pytest.mark.clients, pytest.mark.slow]

NO_COURSE = "course-v1:No+Such+Course"
PERCENT = """
query Percent($course: CourseKey!) {
  courseGrade(courseKey: $course, learner: { userId: "1" }) { percent }
}
"""
RECORD = """
mutation Record($input: RecordScoresInput!) {
  recordScores(input: $input) { results { applied } userErrors { code } }
}
"""
CHANGES = """
subscription Changes($course: CourseKey!, $after: String) {
  courseGradeChanged(courseKey: $course, after: $after) { after { percent } }
}
"""
CLIENTS = [
    ("ask-graphql-ws.mjs", "websocket"),
    ("ask-graphql-sse.mjs", "sse"),
    ("ask-apollo.mjs", "http"),
    ("ask-apollo.mjs", "websocket"),
    ("ask-urql.mjs", "http"),
    ("ask-urql.mjs", "websocket"),
]

each_client = pytest.mark.parametrize(("program", "transport"), CLIENTS)


@pytest.fixture
def engine() -> str:
    """What clients are told is the same on either engine."""
    return "sqlite"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The settings of a server that wants tokens."""
    return settings_of(database_url, development=False, jwt_secret=SECRET)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[LiveServer]:
    """A server that wants tokens, and learners 1 to 3 in its course."""
    async with serving(settings) as live:
        await with_course()
        yield live


@pytest.fixture
def staff(settings: Settings) -> str:
    """The token of somebody who may do everything."""
    return sign(
        settings,
        TrialToken("staff", staff=True),
        now=datetime.now(UTC),
        lifetime=timedelta(hours=1),
    )


def request(query: str, **variables: object) -> dict[str, Any]:
    return {"query": query, "variables": variables}


def score(course: str = COURSE) -> dict[str, Any]:
    return {
        "courseKey": course,
        "scores": [
            {
                "learner": {"userId": "1"},
                "usageKey": problem_key("exam_1"),
                "scoreGiven": 0.75,
                "scoreMaximum": 1.0,
                "timestamp": NOW.isoformat(),
            }
        ],
    }


async def answers(
    server: LiveServer, program: str, transport: str, *requests: dict[str, Any], token: str = ""
) -> list[dict[str, Any]]:
    """Have a program send requests; return what it says of the answers."""
    process = await asyncio.create_subprocess_exec(
        "node",
        program,
        f"{server.address}/graphql",
        json.dumps(requests),
        f"Bearer {token}" if token else "",
        transport,
        cwd=FOLDER,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return [json.loads(line) for line in printed.splitlines()]


def data(**fields: object) -> dict[str, object]:
    return {"data": fields, "errors": []}


def error(code: str, *path: str) -> dict[str, object]:
    return {"data": None, "errors": [[code, list(path) or None]]}


@each_client
async def test_a_client_asks_changes_and_follows(
    server: LiveServer, staff: str, program: str, transport: str
) -> None:
    beginning = (await server.ask("{ gradeEventsCursor }", token=staff))["data"]
    seen = await answers(
        server,
        program,
        transport,
        request(PERCENT, course=COURSE),
        request(RECORD, input=score()),
        request(PERCENT, course=COURSE),
        request(CHANGES, course=COURSE, after=beginning["gradeEventsCursor"]),
        token=staff,
    )

    assert seen == [
        data(courseGrade={"percent": 0.0}),
        data(recordScores={"results": [{"applied": True}], "userErrors": []}),
        data(courseGrade={"percent": 0.45}),
        data(courseGradeChanged={"after": {"percent": 0.45}}),
    ]


@each_client
async def test_a_client_is_told_what_is_wrong(
    server: LiveServer, staff: str, program: str, transport: str
) -> None:
    seen = await answers(
        server,
        program,
        transport,
        request("query Wrong { nothing }"),
        request(PERCENT, course="no course key"),
        request(RECORD, input=score(NO_COURSE)),
        request('query Old { gradeEvents(after: "nonsense") { nodes { id } } }'),
        request(CHANGES, course=NO_COURSE),
        request("query Well { kind: __typename }"),
        token=staff,
    )

    assert seen == [
        error("GRAPHQL_VALIDATION_FAILED"),
        error("INVALID_INPUT"),
        data(recordScores={"results": [], "userErrors": [{"code": "COURSE_NOT_FOUND"}]}),
        error("INVALID_INPUT", "gradeEvents"),
        error("COURSE_NOT_FOUND"),
        data(kind="Query"),
    ]


@each_client
async def test_a_client_is_not_told_of_our_bugs(
    server: LiveServer,
    staff: str,
    program: str,
    transport: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("resolvers.access.may_read_grade", fail)
    seen = await answers(server, program, transport, request(PERCENT, course=COURSE), token=staff)

    assert seen == [
        {"data": {"courseGrade": None}, "errors": [["INTERNAL_ERROR", ["courseGrade"]]]}
    ]


@each_client
async def test_a_client_without_a_token_is_told_that_there_is_nothing(
    server: LiveServer, program: str, transport: str
) -> None:
    seen = await answers(
        server,
        program,
        transport,
        request(PERCENT, course=COURSE),
        request(RECORD, input=score()),
        request(CHANGES, course=COURSE),
    )

    assert seen == [
        data(courseGrade=None),
        data(recordScores={"results": [], "userErrors": [{"code": "COURSE_NOT_FOUND"}]}),
        error("COURSE_NOT_FOUND"),
    ]


@pytest.mark.parametrize(
    ("program", "transport", "told"),
    [
        ("ask-graphql-ws.mjs", "websocket", {"refused": 4403}),
        ("ask-graphql-sse.mjs", "sse", {"refused": 401}),
        ("ask-apollo.mjs", "http", error("UNAUTHENTICATED")),
        ("ask-apollo.mjs", "websocket", {"refused": 4403}),
        ("ask-urql.mjs", "http", error("UNAUTHENTICATED")),
        ("ask-urql.mjs", "websocket", {"refused": 4403}),
    ],
)
async def test_a_client_whose_token_does_not_hold_is_told_so(
    server: LiveServer, program: str, transport: str, told: dict[str, object]
) -> None:
    seen = await answers(
        server, program, transport, request(PERCENT, course=COURSE), token="nonsense"
    )

    assert seen == [told]


async def test_apollo_sends_a_document_once_and_then_its_hash(
    server: LiveServer, staff: str
) -> None:
    percent, record = request(PERCENT, course=COURSE), request(RECORD, input=score())
    program = "ask-apollo.mjs", "persisted"

    first = await answers(server, *program, percent, percent, token=staff)
    again = await answers(server, *program, percent, record, percent, token=staff)

    assert first == [
        {**data(courseGrade={"percent": 0.0}), "sent": [False, True]},
        {**data(courseGrade={"percent": 0.0}), "sent": [False]},
    ]
    assert again == [
        {**data(courseGrade={"percent": 0.0}), "sent": [False]},
        {
            **data(recordScores={"results": [{"applied": True}], "userErrors": []}),
            "sent": [False, True],
        },
        {**data(courseGrade={"percent": 0.45}), "sent": [False]},
    ]
