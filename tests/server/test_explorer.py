"""The explorer's page and files."""

import gzip
import json
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from server.explorer import ExampleTab, ExplorerConfig, example_tabs, explorer_routes

INDEX = (
    '<!doctype html><script type="application/json" id="explorer-config">{}</script>'
    '<div id="root"></div>'
)
SCRIPT = b"console.log('explorer')"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder as a build leaves it."""
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text(INDEX)
    (built / "assets" / "index-abc123.js").write_bytes(SCRIPT)
    (built / "assets" / "index-abc123.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "secret.js").write_text("no")
    return built


def client(dist: Path, *tabs: ExampleTab) -> httpx.AsyncClient:
    app = Starlette(routes=explorer_routes(dist, ExplorerConfig(example_tabs=tabs)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://explorer")


@pytest.mark.parametrize("path", ["/", "/assets/index-abc123.js", "/assets/absent.js"])
async def test_every_answer_is_under_the_strict_policy(dist: Path, path: str) -> None:
    async with client(dist) as browser:
        answer = await browser.get(path)

    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


async def test_the_page_holds_the_examples_and_no_example_can_leave_its_element(
    dist: Path,
) -> None:
    evil = ExampleTab("Evil", 'query { a(b: "</script><script>alert(1)</script>") }', '{"a": 1}')

    async with client(dist, evil) as browser:
        answer = await browser.get("/")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.count("<script") == 1
    element = re.search(r'id="explorer-config">(.*?)</script>', answer.text)
    assert element is not None
    assert json.loads(element[1]) == {
        "title": "CourseGrade",
        "endpoint": "/graphql",
        "subscriptionEndpoint": "/graphql",
        "tabs": [{"title": "Evil", "query": evil.query, "variables": '{"a": 1}'}],
    }


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip, br", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("gzip;q=0, *", None),
    ],
)
async def test_assets_are_sent_packed_to_whoever_takes_that_and_kept_for_a_year(
    dist: Path, accepts: str, coding: str | None
) -> None:
    async with client(dist) as browser:
        answer = await browser.get("/assets/index-abc123.js", headers={"accept-encoding": accepts})

    assert answer.status_code == 200
    assert answer.content == SCRIPT
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.js",
        "/assets/..%2f..%2fsecret.js",
        "/assets/%2e%2e/index.html",
        "/assets//etc/passwd",
        "/assets/.hidden.js",
        "/assets/",
    ],
)
async def test_nothing_outside_of_the_assets_is_served(dist: Path, path: str) -> None:
    async with client(dist) as browser:
        answer = await browser.get(path)

    assert answer.status_code == 404
    assert answer.text in {"Not found", "Not Found"}


async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    async with client(tmp_path / "absent") as browser:
        answer = await browser.get("/")

    assert answer.status_code == 200
    assert "<code>make explorer</code>" in answer.text
    assert "curl http://explorer/graphql" in answer.text
    assert "<script" not in answer.text


async def test_the_head_of_the_page_can_be_asked_for(dist: Path) -> None:
    async with client(dist) as browser:
        answer = await browser.head("/")

    assert (answer.status_code, answer.content) == (200, b"")


def test_examples_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "02_two.graphql").write_text("# Two\nquery Two { b }\n")
    (tmp_path / "01_one.graphql").write_text("# One\nquery One { a }\n")
    (tmp_path / "01_one.variables.json").write_text('{"x": 1}')

    assert example_tabs(tmp_path) == (
        ExampleTab("One", "# One\nquery One { a }\n", '{"x": 1}'),
        ExampleTab("Two", "# Two\nquery Two { b }\n", ""),
    )


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ("query { a }", None, "01.graphql: the first comment line must be the title"),
        ("# Title\nquery { a }", "[1]", "01.variables.json: must hold one JSON object"),
        ("# Title\nquery { a }", "{", "01.variables.json: must hold one JSON object"),
    ],
)
def test_a_faulty_example_is_refused_by_name(
    tmp_path: Path, query: str, variables: str | None, message: str
) -> None:
    (tmp_path / "01.graphql").write_text(query)
    if variables is not None:
        (tmp_path / "01.variables.json").write_text(variables)

    with pytest.raises(ValueError, match=re.escape(message)):
        example_tabs(tmp_path)
