"""``node`` and ``nodes``: everything that has an id can be fetched again by it."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from db.courses import StoredCourse
from db.learners import Learner, save_learners
from grading import LearnerId
from resolvers.courses import require_course
from resolvers.grade_jobs import start_regrade
from resolvers.webhook_targets import WebhookTargets
from resolvers.webhooks import WebhookKind, register
from schema.global_id import global_id
from tests.schema.execution import AS_NOBODY, AS_STAFF, data, refusal
from tests.schema.heat import COURSE_KEY, PUBLISHED, sequential

NODES = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    id
    ... on User { username }
    ... on Course { displayName }
    ... on Section { title: displayName }
    ... on Subsection { name: displayName }
    ... on CourseGrade { percent }
    ... on GradebookEntry { courseGrade { percent } }
    ... on SubsectionGrade { percentGraded }
    ... on SubsectionGradeOverride { earnedGraded }
    ... on GradeJob { total }
    ... on Webhook { url }
  }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


def id_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def ids_of_everything() -> dict[str, str]:
    """Return an id of each type, as the answers to other questions have them."""
    await data(
        "mutation ($input: OverrideSubsectionGradeInput!)"
        " { overrideSubsectionGrade(input: $input) { userErrors { message } } }",
        input={
            "courseKey": COURSE_KEY,
            "learner": {"username": "ada"},
            "usageKey": sequential("hw2"),
            "values": {"earnedGraded": 4},
        },
    )
    answered = await data(
        "query ($courseKey: CourseKey!) { course(courseKey: $courseKey) { id"
        " sections { id } subsections { id } gradebook(first: 1) { nodes { id learner { id }"
        " courseGrade { id subsectionGrades { id override { id } } } } } } }",
        courseKey=COURSE_KEY,
    )
    course: dict[str, Any] = answered["course"]
    (entry,) = course["gradebook"]["nodes"]
    webhook = await register(
        replace(AS_STAFF.context(), webhook_targets=WebhookTargets(("hooks.example.org",))),
        WebhookKind.EVENTS,
        {"url": "https://hooks.example.org/"},
    )
    return {
        "User": entry["learner"]["id"],
        "Course": course["id"],
        "Section": course["sections"][1]["id"],
        "Subsection": course["subsections"][5]["id"],
        "CourseGrade": entry["courseGrade"]["id"],
        "GradebookEntry": entry["id"],
        "SubsectionGrade": entry["courseGrade"]["subsectionGrades"][1]["id"],
        "SubsectionGradeOverride": entry["courseGrade"]["subsectionGrades"][1]["override"]["id"],
        "GradeJob": await job_for_nobody(),
        "Webhook": id_of(f"Webhook:{webhook.webhook.id}"),
    }


async def job_for_nobody() -> str:
    context = AS_STAFF.context()
    course = await require_course(context, COURSE_KEY)
    return global_id("GradeJob", (await start_regrade(context, course, [], force=True)).id)


FOUND: dict[str, dict[str, object]] = {
    "User": {"username": "ada"},
    "Course": {"displayName": "Heat"},
    "Section": {"title": "Engines"},
    "Subsection": {"name": "Exam"},
    "CourseGrade": {"percent": 0.71},
    "GradebookEntry": {"courseGrade": {"percent": 0.71}},
    "SubsectionGrade": {"percentGraded": 0.6667},
    "SubsectionGradeOverride": {"earnedGraded": 4.0},
    "GradeJob": {"total": 0},
    "Webhook": {"url": "https://hooks.example.org/"},
}


async def test_everything_is_found_again_in_the_order_asked_for(course: StoredCourse) -> None:
    ids = await ids_of_everything()

    answered = await data(NODES, ids=list(reversed(ids.values())))

    assert answered["nodes"] == [
        {"__typename": kind, "id": ids[kind]} | FOUND[kind] for kind in reversed(ids)
    ]


@pytest.mark.parametrize("kind", FOUND)
async def test_one_thing_is_found_again(course: StoredCourse, kind: str) -> None:
    one = (await ids_of_everything())[kind]

    assert await data(NODE, id=one) == {"node": {"__typename": kind, "id": one}}


async def test_every_type_of_node_is_tried_here() -> None:
    answered = await data('{ __type(name: "Node") { possibleTypes { name } } }')

    assert {one["name"] for one in answered["__type"]["possibleTypes"]} == set(FOUND)


async def test_the_same_id_twice_is_answered_twice(course: StoredCourse) -> None:
    one = (await ids_of_everything())["User"]

    answered = await data(NODES, ids=[one, one])

    assert answered["nodes"] == [{"__typename": "User", "id": one, "username": "ada"}] * 2


UNKNOWN = [
    "User:99",
    "User:0",
    "User:1:1",
    "Course:99",
    "Course:0",
    "Section:1:999",
    "Section:99:1",
    "Subsection:1:999",
    "CourseGrade:1:99",
    "CourseGrade:99:11",
    "GradebookEntry:1:99",
    "SubsectionGrade:1:11:999",
    "SubsectionGrade:1:99:1",
    "SubsectionGrade:99:11:1",
    "SubsectionGrade:1:11",
    "SubsectionGradeOverride:1:11:1",
    "SubsectionGradeOverride:1:11:999",
    "SubsectionGradeOverride:1:99:1",
    "Viewer:1",
    "Course:9223372036854775807",
    "User:9223372036854775807",
]


@pytest.mark.parametrize("text", UNKNOWN)
async def test_an_id_of_nothing_is_null(course: StoredCourse, text: str) -> None:
    assert await data(NODE, id=id_of(text)) == {"node": None}


async def test_what_is_unknown_leaves_a_gap_in_its_place(course: StoredCourse) -> None:
    ids = await ids_of_everything()

    answered = await data(NODES, ids=[id_of("User:99"), ids["Course"], id_of("Course:99")])

    assert answered["nodes"] == [
        None,
        {"__typename": "Course", "id": ids["Course"], "displayName": "Heat"},
        None,
    ]


async def test_blocks_are_found_under_their_own_type_only(course: StoredCourse) -> None:
    ids = await ids_of_everything()

    def under(kind: str, id: str) -> str:
        text = base64.urlsafe_b64decode(id + "=" * (-len(id) % 4)).decode()
        return id_of(kind + ":" + text.partition(":")[2])

    others = [under("Subsection", ids["Section"]), under("Section", ids["Subsection"])]
    assert await data(NODES, ids=others) == {"nodes": [None, None]}


async def test_a_learner_who_is_not_enrolled_has_no_row_in_the_gradebook(
    course: StoredCourse,
) -> None:
    await save_learners([Learner(LearnerId(14), "dan")], now=PUBLISHED)
    left, never = id_of("GradebookEntry:1:13"), id_of("GradebookEntry:1:14")

    answered = await data(NODES, ids=[left, never])

    assert answered["nodes"] == [
        {"__typename": "GradebookEntry", "id": left, "courseGrade": {"percent": 0.0}},
        None,
    ]


async def test_nobody_in_particular_finds_nothing(course: StoredCourse) -> None:
    ids = await ids_of_everything()

    answered = await data(NODES, AS_NOBODY, ids=list(ids.values()))

    assert answered == {"nodes": [None] * len(ids)}
    assert await data(NODE, AS_NOBODY, id=ids["User"]) == {"node": None}


MALFORMED = [
    "",
    "11",
    "User:11",
    "%%%",
    "ä",
    "half a pair \ud800",
    id_of("User"),
    id_of("User:"),
    id_of("User:eleven"),
    id_of("User:-11"),
    id_of("User:011"),
    id_of("User:9223372036854775808"),
    id_of("Course:99999999999999999999"),
    id_of("User:11 "),
    id_of("User:11\n"),
    id_of("User:1:2:3:4"),
    id_of("User:11") + "=",
    id_of("User:\u0661"),
    "VXNlcjoxMR",
    "W" * 100_000,
]


@pytest.mark.parametrize("id", MALFORMED, ids=range(len(MALFORMED)))
async def test_a_malformed_id_is_refused(course: StoredCourse, id: str) -> None:
    error = await refusal(NODE, id=id)

    assert error == {
        "message": f"{id[:80]!r} is no id of this service.",
        "path": ["node"],
        "code": "INVALID_INPUT",
    }


async def test_one_malformed_id_refuses_all(course: StoredCourse) -> None:
    ids = await ids_of_everything()

    error = await refusal(NODES, ids=[ids["User"], "11"])

    assert error == {
        "message": "'11' is no id of this service.",
        "path": ["nodes"],
        "code": "INVALID_INPUT",
    }


async def test_a_hundred_ids_may_be_asked_for_and_no_more(course: StoredCourse) -> None:
    ids = [id_of(f"User:{number}") for number in range(1, 102)]

    answered = await data(NODES, ids=ids[:100])
    assert [node["username"] for node in answered["nodes"] if node] == ["ada", "bea", "cyd"]
    assert await refusal(NODES, ids=ids) == {
        "message": "101 ids are more than 100.",
        "path": ["nodes"],
        "code": "TOO_MANY_ITEMS",
    }
