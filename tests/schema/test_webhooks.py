"""Webhooks through the API: who may have one, what is shown of it, and what never is."""

from dataclasses import replace
from typing import Any

import pytest

from db.courses import StoredCourse
from db.sql import fetch
from grading import CourseKey, LearnerId
from resolvers.access import ANONYMOUS, Scope, ServiceGrant, Viewer
from resolvers.context import Context
from resolvers.webhook_targets import WebhookTargets
from schema import schema
from tests.schema.execution import AS_STAFF, STAFF, Asking
from tests.schema.heat import COURSE_KEY

BOTH = frozenset({Scope.COURSES_WRITE, Scope.EVENTS_READ})
HERE = frozenset({COURSE_KEY})
TARGETS = WebhookTargets(("hooks.example.org",))
URL = "https://hooks.example.org/grades"
FIELDS = """
id kind url hasAuthorization courses { courseKey } learners { username } types modes batchSize
state cursor lastDeliveredAt failingSince attempts nextAttemptAt lastStatus lastError lag createdBy
"""
REGISTER = (
    "mutation ($input: RegisterWebhookInput!) { registerWebhook(input: $input) {"
    f" webhook {{ {FIELDS} }} secret userErrors {{ code message field }} }} }}"
)
UPDATE = REGISTER.replace("RegisterWebhookInput", "UpdateWebhookInput").replace(
    "registerWebhook", "updateWebhook"
)
RETRY = REGISTER.replace("RegisterWebhookInput", "RetryWebhookInput").replace(
    "registerWebhook", "retryWebhook"
)
REMOVE = """mutation ($input: RemoveWebhookInput!) { removeWebhook(input: $input) {
  removedId userErrors { code message field } } }"""
LIST = f"{{ webhooks {{ {FIELDS} }} }}"
NODE = "query ($id: ID!) { node(id: $id) { id } }"


def service(scopes: frozenset[Scope], **grant: Any) -> Viewer:  # noqa: ANN401
    return Viewer("robot", service=ServiceGrant(scopes, **grant))


async def asked(viewer: Viewer, document: str, **variables: object) -> Any:  # noqa: ANN401
    context: Context = replace(Asking(viewer=viewer).context(), webhook_targets=TARGETS)
    result = await schema.execute(document, variables, context)
    if result.errors:
        return [(error.extensions or {}).get("code") for error in result.errors]
    assert result.data is not None
    (answer,) = result.data.values()
    return answer


async def register(viewer: Viewer = STAFF, **input: object) -> Any:  # noqa: ANN401
    return await asked(viewer, REGISTER, input={"url": URL, **input})


async def test_a_webhook_is_shown_as_it_was_registered_and_its_secrets_once(
    course: StoredCourse,
) -> None:
    made = await register(
        courseKeys=[COURSE_KEY],
        learners=[{"username": "ada"}],
        types=["PASSING_STATUS_CHANGED"],
        batchSize=10,
        authorization="Bearer sesame",
    )

    assert made["userErrors"] == []
    assert len(made["secret"]) >= 43
    webhook = made["webhook"]
    assert webhook["cursor"]
    assert {name: webhook[name] for name in webhook if name not in {"id", "cursor"}} == {
        "kind": "EVENTS",
        "url": URL,
        "hasAuthorization": True,
        "courses": [{"courseKey": COURSE_KEY}],
        "learners": [{"username": "ada"}],
        "types": ["PASSING_STATUS_CHANGED"],
        "modes": None,
        "batchSize": 10,
        "state": "ACTIVE",
        "lastDeliveredAt": None,
        "failingSince": None,
        "attempts": 0,
        "nextAttemptAt": None,
        "lastStatus": None,
        "lastError": None,
        "lag": 0,
        "createdBy": "staff",
    }
    listed = await asked(STAFF, LIST)
    assert listed == [webhook]
    assert "sesame" not in str(listed)
    assert made["secret"] not in str(listed)
    assert await asked(STAFF, NODE, id=webhook["id"]) == {"id": webhook["id"]}


async def test_what_is_not_given_stays_and_another_url_loses_the_authorization(
    course: StoredCourse,
) -> None:
    made = await register(courseKeys=[COURSE_KEY], authorization="Bearer sesame")
    webhook_id = made["webhook"]["id"]

    same = await asked(STAFF, UPDATE, input={"id": webhook_id, "batchSize": 5})
    assert same["webhook"] == made["webhook"] | {"batchSize": 5}
    assert same["secret"] is None
    other = await asked(
        STAFF, UPDATE, input={"id": webhook_id, "url": f"{URL}/2", "courseKeys": None}
    )
    assert (other["webhook"]["hasAuthorization"], other["webhook"]["courses"]) == (False, None)
    paused = await asked(
        STAFF, UPDATE, input={"id": webhook_id, "active": False, "newSecret": True}
    )
    assert paused["webhook"]["state"] == "PAUSED"
    assert paused["secret"] not in {None, made["secret"]}
    retried = await asked(STAFF, RETRY, input={"id": webhook_id})
    assert retried["webhook"]["state"] == "ACTIVE"
    removed = await asked(STAFF, REMOVE, input={"id": webhook_id})
    assert removed == {"removedId": webhook_id, "userErrors": []}
    assert await asked(STAFF, LIST) == []


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"url": "https://elsewhere.example/"}, ["url"]),
        ({"url": "http://hooks.example.org/"}, ["url"]),
        ({"courseKeys": []}, ["courseKeys"]),
        ({"learners": []}, ["learners"]),
        ({"types": []}, ["types"]),
        ({"modes": ["verified"]}, ["modes"]),
        ({"batchSize": 0}, ["batchSize"]),
        ({"batchSize": 101}, ["batchSize"]),
    ],
)
async def test_what_can_never_be_delivered_is_refused(
    course: StoredCourse, input: dict[str, object], field: list[str]
) -> None:
    refused = await register(STAFF, **input)

    (error,) = refused["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", field)
    assert (refused["webhook"], refused["secret"]) == (None, None)
    assert await fetch("select count(*) from webhook") == [(0,)]


NOBODYS = {
    "anonymous": ANONYMOUS,
    "learner": Viewer("ada", learner_id=LearnerId(1), enrolled_in=HERE),
    "course staff": Viewer("teacher", staff_of=HERE),
    "service without events:read": service(frozenset({Scope.COURSES_WRITE})),
    "service without courses:write": service(frozenset({Scope.EVENTS_READ, Scope.GRADES_WRITE})),
    "service for one learner": service(BOTH, own_only=True),
    "staff with a service's token": replace(service(frozenset()), global_staff=True),
}


@pytest.mark.parametrize("viewer", NOBODYS.values(), ids=NOBODYS)
async def test_nothing_is_revealed_to_who_may_have_no_webhooks(
    course: StoredCourse, viewer: Viewer
) -> None:
    webhook_id = (await register())["webhook"]["id"]
    before = [tuple(row) for row in await fetch("select * from webhook")]

    assert await asked(viewer, LIST) == ["FORBIDDEN"]
    assert await asked(viewer, NODE, id=webhook_id) is None
    for document, more in ((UPDATE, {"active": False}), (RETRY, {"skip": True}), (REMOVE, {})):
        refused = await asked(viewer, document, input={"id": webhook_id, **more})
        (error,) = refused["userErrors"]
        assert error["code"] == "WEBHOOK_NOT_FOUND"
    (error,) = (await register(viewer))["userErrors"]
    assert error["code"] == "FORBIDDEN"
    (error,) = (await register(viewer, courseKeys=["course-v1:No+Such+One"]))["userErrors"]
    assert error["code"] == "COURSE_NOT_FOUND"
    assert [tuple(row) for row in await fetch("select * from webhook")] == before


async def test_a_service_looks_after_what_its_grant_covers(course: StoredCourse) -> None:
    robot = service(BOTH, courses=HERE)
    of_all = (await register())["webhook"]["id"]

    (error,) = (await register(robot))["userErrors"]
    assert error["code"] == "FORBIDDEN"
    own = (await register(robot, courseKeys=[COURSE_KEY]))["webhook"]
    assert own["createdBy"] == "robot"
    assert [one["id"] for one in await asked(robot, LIST)] == [own["id"]]
    assert await asked(robot, NODE, id=of_all) is None
    widened = await asked(robot, UPDATE, input={"id": own["id"], "courseKeys": None})
    assert [one["code"] for one in widened["userErrors"]] == ["FORBIDDEN"]
    elsewhere = service(BOTH, courses=frozenset({CourseKey("course-v1:Else+Where+1")}))
    assert await asked(elsewhere, LIST) == []
    refused = await asked(elsewhere, REMOVE, input={"id": own["id"]})
    assert [one["code"] for one in refused["userErrors"]] == ["WEBHOOK_NOT_FOUND"]
    assert (await register(service(BOTH)))["userErrors"] == []


async def test_an_id_of_something_else_is_no_webhook(course: StoredCourse) -> None:
    answer = await asked(STAFF, f'{{ course(courseKey: "{COURSE_KEY}") {{ id }} }}')

    refused = await asked(STAFF, RETRY, input={"id": answer["id"]})

    assert [one["code"] for one in refused["userErrors"]] == ["WEBHOOK_NOT_FOUND"]


async def test_there_are_no_more_than_can_be_listed(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.webhooks.MAX_WEBHOOKS", 1)
    await register()

    (error,) = (await register())["userErrors"]

    assert error["code"] == "TOO_MANY_ITEMS"


async def test_the_default_context_delivers_nowhere() -> None:
    assert AS_STAFF.context().webhook_targets.hosts == ()
