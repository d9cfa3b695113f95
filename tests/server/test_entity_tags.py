"""Answers that a client has already: when it is told so, and when it must be told anew."""

import re
from typing import Any

import httpx
import pytest

from server.entity_tags import entity_tag, is_held
from tests.factories import COURSE
from tests.server.live_server import SECRET, LiveServer, serving, settings_of, with_course
from tests.server.server_process import server_process
from tests.server.test_websocket_sign_in import token

pytestmark = pytest.mark.slow  # each test starts a server

PERCENT = """
query Percent($course: CourseKey!, $user: String!) {
  courseGrade(courseKey: $course, learner: {username: $user}) { percent }
}
"""
VARIABLES = {"course": COURSE, "user": "learner-001"}
TAG = re.compile(r'"[0-9a-f]{32}"')


async def ask(
    server: LiveServer,
    held: str | None = None,
    *,
    query: str = PERCENT,
    authorization: str | None = None,
    **headers: str,
) -> httpx.Response:
    """Ask by POST, as a client that holds what had this tag."""
    sent = dict(headers)
    if held is not None:
        sent["If-None-Match"] = held
    if authorization is not None:
        sent["Authorization"] = authorization
    async with httpx.AsyncClient() as client:
        return await client.post(
            server.graphql, json={"query": query, "variables": VARIABLES}, headers=sent
        )


def percent(response: httpx.Response) -> Any:  # noqa: ANN401
    """Return the grade that was answered."""
    assert response.status_code == 200
    return response.json()["data"]["courseGrade"]["percent"]


async def test_who_has_the_answer_is_told_so_by_post_and_by_get(server: LiveServer) -> None:
    first = await ask(server)
    tag = first.headers["etag"]
    assert TAG.fullmatch(tag)

    again = await ask(server, tag)
    async with httpx.AsyncClient() as client:
        query = "{ __typename }"
        got = await client.get(server.graphql, params={"query": query})
        same = await client.get(
            server.graphql, params={"query": query}, headers={"If-None-Match": got.headers["etag"]}
        )

    for response in (again, same):
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["cache-control"] == "private, no-cache"
        assert response.headers["vary"] == "Accept, Authorization"
        assert "content-type" not in response.headers
        assert len(response.headers["x-request-id"]) == 32
    assert again.headers["etag"] == tag


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ("*", 304),
        ("W/{tag}", 304),
        ('"other", {tag}', 304),
        ('W/"other" ,\t{tag} , ""', 304),
        ('"other"', 200),
        ("", 200),
        ("{bare}", 200),
        ('"other" {tag}', 200),
        ('*, "other"', 200),
        ("w/{tag}", 200),
        ('{tag}, "never closed', 200),
    ],
)
async def test_odd_lists_of_tags_are_read_as_the_protocol_says(
    server: LiveServer, held: str, status: int
) -> None:
    tag = (await ask(server)).headers["etag"]

    response = await ask(server, held.format(tag=tag, bare=tag.strip('"')))

    assert response.status_code == status


async def test_what_was_recorded_is_answered_anew(server: LiveServer) -> None:
    before = await ask(server)
    await server.record(0.75)

    after = await ask(server, before.headers["etag"])

    assert (percent(before), percent(after)) == (0.0, 0.45)
    assert after.headers["etag"] != before.headers["etag"]


async def test_what_another_process_recorded_is_answered_anew_at_once(database_url: str) -> None:
    async with (
        server_process(database_url, development=True) as other,
        serving(settings_of(database_url)) as server,
    ):
        writer = LiveServer(other.address.removeprefix("http://"), server.events)
        held = (await ask(server)).headers["etag"]
        for earned in (0.25, 0.5, 0.75):
            await writer.record(earned)

            response = await ask(server, held)

            assert percent(response) == round(earned * 0.6, 2)
            held = response.headers["etag"]
            assert (await ask(writer, held)).status_code == 304


async def test_a_tag_opens_nothing_to_somebody_of_other_rights(database_url: str) -> None:
    settings = settings_of(database_url, development=False, jwt_secret=SECRET)
    async with serving(settings) as server:
        await with_course()
        staff, nobody = token(), token(staff=False, name="learner-002")
        tag = (await ask(server, authorization=staff)).headers["etag"]

        assert (await ask(server, tag, authorization=staff)).status_code == 304
        refused = await ask(server, tag, authorization=nobody)
        anonymous = await ask(server, tag)

    for response in (refused, anonymous):
        assert response.status_code == 200
        assert response.json()["data"] == {"courseGrade": None}
        assert response.headers.get("etag") != tag


async def test_neither_changes_nor_errors_have_a_tag(server: LiveServer) -> None:
    change = """
    mutation { updateGrade(input: {courseKey: "%s", learner: {userId: "1"}}) {
      courseGrade { percent } } }
    """
    failing = '{ course(courseKey: "%s") { gradebook(first: 1000) { totalCount } } }'
    for query in (change % COURSE, failing % COURSE, "{ nonsense }", "{"):
        response = await ask(server, "*", query=query)

        assert response.status_code in {200, 400}
        assert response.content
        assert "etag" not in response.headers
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["vary"] == "Accept"


async def test_another_method_has_no_tag(server: LiveServer) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.head(server.graphql, headers={"If-None-Match": "*"})

    assert response.status_code == 405
    assert "etag" not in response.headers


async def test_the_same_bytes_of_another_type_are_another_answer(server: LiveServer) -> None:
    tag = (await ask(server)).headers["etag"]

    response = await ask(server, tag, Accept="application/graphql-response+json")

    assert percent(response) == 0.0


def test_tags_are_of_type_and_bytes() -> None:
    tags = {
        entity_tag(media_type, body)
        for media_type in ("application/json", "application/graphql-response+json")
        for body in (b"", b"{}", b"{ }")
    }

    assert len(tags) == 6
    assert all(TAG.fullmatch(tag) for tag in tags)
    assert entity_tag("application/json", b"{}") in tags


def test_a_list_may_be_sent_in_several_headers() -> None:
    assert is_held('"a"', ['"b"', 'W/"a"'])
    assert not is_held('"a"', ['"b"', "a"])
    assert not is_held('"a"', [])
