"""Subscriptions, queries and mutations over one WebSocket."""

import pytest

from db.event_log_state import prune_events
from tests.factories import COURSE, NOW
from tests.server.live_server import CHANGES, LiveServer, serving, settings_of

pytestmark = pytest.mark.slow

EXAM = "block-v1:edX+Toy+2024+type@sequential+block@exam"
EVERYTHING = """
subscription Everything($course: CourseKey!, $after: String) {
  gradeEvents(courseKey: $course, after: $after) { __typename id cursor }
}
"""
PERCENT = """
query Percent($course: CourseKey!) {
  courseGrade(courseKey: $course, learner: { userId: "1" }) { percent }
}
"""
WITH_PRESENT_GRADE = """
subscription Changes($course: CourseKey!) {
  courseGradeChanged(courseKey: $course) { after { percent } courseGrade { percent } }
}
"""


async def test_a_change_reaches_a_subscriber_at_once(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.subscribe("one", CHANGES, course=COURSE)
        await server.followed_by(1)
        await server.record(0.75)

        event = (await socket.next("one"))["data"]["courseGradeChanged"]

    assert (event["before"], event["after"]) == (None, {"percent": 0.45})


async def test_after_complete_nothing_more_comes_and_the_id_is_free(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.subscribe("one", CHANGES, course=COURSE)
        await server.followed_by(1)
        await socket.send(id="one", type="complete")
        await server.followed_by(0)
        await server.record(0.5)

        await socket.subscribe("one", "{ __typename }")

        assert (await socket.next("one"))["data"] == {"__typename": "Query"}
        assert await socket.receive() == {"id": "one", "type": "complete"}


async def test_one_of_two_operations_fails_and_the_other_lives(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.subscribe("good", CHANGES, course=COURSE)
        await server.followed_by(1)
        await socket.subscribe("bad", CHANGES, course="course-v1:No+Such+Course")
        refusal = await socket.refusal("bad")
        await server.record(0.75)

        event = await socket.next("good")

    assert refusal["extensions"] == {"code": "COURSE_NOT_FOUND"}
    assert event["data"]["courseGradeChanged"]["after"] == {"percent": 0.45}


@pytest.mark.parametrize(
    ("query", "operation_name", "code", "message"),
    [
        ("subscription {", None, "GRAPHQL_PARSE_FAILED", "Syntax Error: Expected Name"),
        ("", None, "GRAPHQL_PARSE_FAILED", "Syntax Error: Unexpected <EOF>."),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED", "Cannot query field 'nothing'"),
        ("{ __typename }", "Other", "GRAPHQL_VALIDATION_FAILED", "Unknown operation named 'Other'"),
        (
            "query A { __typename } query B { __typename }",
            None,
            "GRAPHQL_VALIDATION_FAILED",
            "Say with operationName",
        ),
        (CHANGES, None, "GRAPHQL_VALIDATION_FAILED", "Variable '$course'"),
    ],
)
async def test_what_cannot_be_run_is_an_error_of_that_operation_and_the_socket_lives(
    server: LiveServer, query: str, operation_name: str | None, code: str, message: str
) -> None:
    async with server.opened() as socket:
        payload = {"query": query, "operationName": operation_name}
        await socket.send(id="bad", type="subscribe", payload=payload)
        refusal = await socket.refusal("bad")
        await socket.subscribe("good", "{ __typename }")

        assert (await socket.next("good"))["data"] == {"__typename": "Query"}

    assert refusal["extensions"] == {"code": code}
    assert refusal["message"].startswith(message)


async def test_each_operation_reads_afresh(server: LiveServer) -> None:
    async with server.opened() as socket:
        percents = []
        for earned in (0.5, 1.0):
            await server.record(earned)
            await socket.subscribe("ask", PERCENT, course=COURSE)
            percents.append((await socket.next("ask"))["data"]["courseGrade"]["percent"])
            assert await socket.receive() == {"id": "ask", "type": "complete"}

    assert percents == [0.3, 0.6]


async def test_each_event_reads_afresh(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.subscribe("one", WITH_PRESENT_GRADE, course=COURSE)
        await server.followed_by(1)
        seen = []
        for earned in (0.5, 1.0):
            await server.record(earned)
            seen.append((await socket.next("one"))["data"]["courseGradeChanged"])

    assert [event["after"] for event in seen] == [{"percent": 0.3}, {"percent": 0.6}]
    assert [event["courseGrade"] for event in seen] == [{"percent": 0.3}, {"percent": 0.6}]


async def test_whoever_comes_back_with_the_last_cursor_gets_what_was_missed_and_goes_on(
    server: LiveServer,
) -> None:
    async with server.opened() as socket:
        await socket.subscribe("one", CHANGES, course=COURSE)
        await server.followed_by(1)
        await server.record(0.25)
        last = (await socket.next("one"))["data"]["courseGradeChanged"]["cursor"]
    await server.followed_by(0)
    await server.record(0.5)
    await server.record(0.75)

    async with server.opened() as socket:
        await socket.subscribe("one", CHANGES, course=COURSE, after=last)
        missed = [await socket.next("one") for _ in range(2)]
        await server.record(1.0)
        live = await socket.next("one")

    percents = [one["data"]["courseGradeChanged"]["after"]["percent"] for one in (*missed, live)]
    assert percents == [0.3, 0.45, 0.6]


async def test_all_kinds_come_in_one_stream_each_once_and_in_order(server: LiveServer) -> None:
    beginning = await server.cursor()
    async with server.opened() as socket:
        await socket.subscribe("one", EVERYTHING, course=COURSE)
        await server.followed_by(1)
        for learner in (1, 2, 3):
            await server.record(1.0, learner=learner)
        live = [(await socket.next("one"))["data"]["gradeEvents"] for _ in range(9)]
        await socket.subscribe("two", EVERYTHING, course=COURSE, after=beginning)
        again = [(await socket.next("two"))["data"]["gradeEvents"] for _ in range(9)]

    assert again == live
    assert len({event["id"] for event in live}) == 9
    assert sorted({event["__typename"] for event in live}) == [
        "CourseGradeChanged",
        "PassingStatusChanged",
        "SubsectionGradeChanged",
    ]


@pytest.mark.parametrize("cursor", ["", "nonsense", "WyJlIiwib3RoZXIiXQ", "🦉"])
async def test_a_cursor_that_is_none_of_ours_is_refused(server: LiveServer, cursor: str) -> None:
    async with server.opened() as socket:
        await socket.subscribe("one", CHANGES, course=COURSE, after=cursor)

        refusal = await socket.refusal("one")

    assert refusal["extensions"] == {"code": "INVALID_INPUT"}
    assert refusal["message"] == f"{cursor!r} is no cursor of grade events."


async def test_a_cursor_whose_events_were_deleted_is_refused_and_says_how_to_start_anew(
    server: LiveServer,
) -> None:
    old = await server.cursor()
    await server.record(1.0)
    assert await prune_events(older_than=NOW.replace(year=2027)) == 3

    async with server.opened() as socket:
        await socket.subscribe("one", CHANGES, course=COURSE, after=old)
        refusal = await socket.refusal("one")
        await socket.subscribe("two", CHANGES, course=COURSE, after=await server.cursor())
        await server.record(0.5)
        event = await socket.next("two")

    assert refusal["extensions"] == {"code": "CURSOR_EXPIRED"}
    assert "gradeEventsCursor" in refusal["message"]
    assert event["data"]["courseGradeChanged"]["after"] == {"percent": 0.3}


async def test_one_operation_too_many_is_refused_alone(database_url: str) -> None:
    async with (
        serving(settings_of(database_url, socket_subscriptions=2)) as server,
        server.opened() as socket,
    ):
        for name in ("one", "two", "three"):
            await socket.subscribe(name, "subscription { passingStatusChanged { id } }")
        refusal = await socket.refusal("three")
        await server.followed_by(2)
        await socket.send(id="one", type="complete")
        await server.followed_by(1)
        await socket.subscribe("three", "subscription { passingStatusChanged { id } }")
        await server.followed_by(2)

    assert refusal["extensions"] == {"code": "TOO_MANY_SUBSCRIPTIONS"}


async def test_a_socket_that_is_cut_leaves_nobody_behind(server: LiveServer) -> None:
    async with server.opened() as socket:
        await socket.subscribe("one", CHANGES, course=COURSE)
        await server.followed_by(1)
        socket.connection.transport.abort()

        await server.followed_by(0)
