"""The whole product, as a person starts it: asked over HTTP, and stopped."""

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live_server import serving

COURSE = "course-v1:CourseGrade+DEMO101+2026"
PROBLEM = f"block-v1:{COURSE.removeprefix('course-v1:')}+type@problem+block@warmup_brightest"
SECRET = "a secret of thirty-two characters"

pytestmark = pytest.mark.slow


def ask(url: str, query: str, **variables: Any) -> Any:  # noqa: ANN401
    """Return the data of a query that must be answered without errors."""
    response = httpx.post(f"{url}/graphql", json={"query": query, "variables": variables})
    assert response.status_code == 200, response.text
    document = response.json()
    assert "errors" not in document, document["errors"]
    return document["data"]


def test_the_demonstration_course_has_its_gradebook(live_server: str) -> None:
    answered = ask(
        live_server,
        "query ($key: CourseKey!) { course(courseKey: $key) { displayName gradebook(first: 3)"
        " { totalCount nodes { learner { username } courseGrade { passingStatus } } } } }",
        key=COURSE,
    )

    course = answered["course"]
    assert course["displayName"] == "The Night Sky With the Naked Eye"
    assert course["gradebook"]["totalCount"] > 50
    names = [node["learner"]["username"] for node in course["gradebook"]["nodes"]]
    assert names == sorted(names)
    assert len(names) == 3


def test_the_explorer_is_at_the_root(live_server: str) -> None:
    page = httpx.get(f"{live_server}/")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<title>CourseGrade</title>" in page.text


def test_the_server_is_ready_and_does_not_name_its_software(live_server: str) -> None:
    ready = httpx.get(f"{live_server}/readyz")

    assert (ready.status_code, ready.text) == (200, "ready\n")
    assert "server" not in ready.headers


def test_a_change_is_seen_by_the_next_request(live_server: str) -> None:
    read = (
        "query ($key: CourseKey!, $name: String!)"
        " { courseGrade(courseKey: $key, learner: {username: $name}) { version"
        " subsectionGrades { problemScores { usageKey rawEarned rawPossible } } } }"
    )
    write = (
        "mutation ($input: RecordScoresInput!) { recordScores(input: $input)"
        " { results { applied courseGrade { version } userErrors { message } } } }"
    )
    score = {
        "learner": {"username": "amara_okonjo"},
        "usageKey": PROBLEM,
        "scoreGiven": 3,
        "scoreMaximum": 7,
        "timestamp": "2100-01-01T00:00:00Z",
    }

    written = ask(live_server, write, input={"courseKey": COURSE, "scores": [score]})
    answered = ask(live_server, read, key=COURSE, name="amara_okonjo")

    (result,) = written["recordScores"]["results"]
    assert (result["applied"], result["userErrors"]) == (True, [])
    assert answered["courseGrade"]["version"] == result["courseGrade"]["version"]
    scores = [
        score
        for grade in answered["courseGrade"]["subsectionGrades"]
        for score in grade["problemScores"]
    ]
    assert {"usageKey": PROBLEM, "rawEarned": 3.0, "rawPossible": 7.0} in scores


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, "--no-demo") as server:
        server.process.send_signal(number)

        assert server.process.wait(5) == 0
        assert b"Application shutdown complete" in server.log.read_bytes()
        assert b"Traceback" not in server.log.read_bytes()


def test_what_is_written_is_there_after_a_restart(tmp_path: Path) -> None:
    course = "query ($key: CourseKey!) { course(courseKey: $key) { displayName } }"
    with serving(tmp_path, "--demo"):
        pass

    with serving(tmp_path, "--no-demo") as server:
        answered = ask(server.url, course, key=COURSE)

    assert answered == {"course": {"displayName": "The Night Sky With the Naked Eye"}}


def test_with_a_secret_only_tokens_are_answered(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo", COURSEGRADE_JWT_SECRET=SECRET) as server:
        query = "query ($key: CourseKey!) { course(courseKey: $key) { id } }"

        assert ask(server.url, query, key=COURSE) == {"course": None}
        refused = httpx.post(
            f"{server.url}/graphql",
            json={"query": "{ __typename }"},
            headers={"Authorization": "Bearer x.y.z"},
        )
        log = server.log.read_text(encoding="utf-8")

    assert refused.status_code == 401
    assert SECRET not in log
    assert "Development mode" not in log


def test_the_log_says_clearly_that_everybody_is_staff(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-demo") as server:
        log = server.log.read_text(encoding="utf-8")

    assert log.count("Development mode: everybody who reaches 127.0.0.1 may read and change") == 1
