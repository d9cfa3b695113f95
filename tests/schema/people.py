"""Everybody who may ask, by what their tokens say, and the two courses that they ask about."""

import json
from collections.abc import Mapping
from typing import Any, Final

from db.course_roles import CourseRole, save_course_roles
from db.courses import StoredCourse
from db.event_log import LoggedEvent
from db.event_log_state import Place
from db.learners import Learner, save_learners
from events import EventStream
from grading import CourseKey, LearnerId
from resolvers.access import ANONYMOUS, Scope
from resolvers.context import Context
from resolvers.webhook_targets import WebhookTargets
from schema import schema
from schema.global_id import global_id
from server.tokens import viewer_of
from tests.schema.execution import FREEZE_AFTER
from tests.schema.heat import COURSE_KEY, NOW, PUBLISHED, enroll, heat_course, publish_course

COLD_KEY: Final = CourseKey("course-v1:Other+Cold+2026")
NO_COURSE: Final = CourseKey("course-v1:Acme+None+2026")
NOBODY: Final = 999  # no learner's user id
DAN: Final = Learner(LearnerId(14), "dan")
HOOKS: Final = "hooks.example.org"  # may be delivered to
TESS: Final = Learner(LearnerId(21), "tess")
OTTO: Final = Learner(LearnerId(22), "otto")

_ALL: Final = [scope.value for scope in Scope]


def _person(name: str, **more: object) -> dict[str, object]:
    return {"preferred_username": name, **more}


def _service(scopes: list[str], *filters: str, name: str = "service") -> dict[str, object]:
    return {"preferred_username": name, "scopes": scopes, "filters": list(filters)}


# Ada and Bea learn in Heat, Cyd has left it, Dan learns in Cold; Tess teaches Heat, Otto Cold.
CLAIMS: Final[Mapping[str, dict[str, object] | None]] = {
    "anonymous": None,
    "stranger": _person("stranger"),
    "unnamed": {},
    "learner": _person("ada", filters=["user:me"], scopes=["read", "profile"]),
    "classmate": _person("bea"),
    "who has left": _person("cyd"),
    "learner elsewhere": _person("dan"),
    "staff": _person("tess"),
    "staff by token": _person("tim", roles=[f"staff:{COURSE_KEY}"]),
    "staff elsewhere": _person("otto"),
    "global staff": _person("gina", administrator=True),
    "reading service": _service(["grades:read"]),
    "writing service": _service(["grades:write"]),
    "course service": _service(["courses:write"]),
    "event service": _service(["events:read"]),
    "service here": _service(_ALL, "content_org:Acme"),
    "service in this course": _service(_ALL, f"content_course:{COURSE_KEY}"),
    "service elsewhere": _service(_ALL, "content_org:Other"),
    "service in another course": _service(_ALL, f"content_course:{COLD_KEY}"),
    "service for ada": _service(_ALL, "user:me", name="ada"),
    "service for bea": _service(_ALL, "user:me", name="bea"),
    "service for ada elsewhere": _service(_ALL, "user:me", "content_org:Other", name="ada"),
    "other service": _service(["certificates:read"]) | {"is_restricted": True},
}
EVERYBODY: Final = frozenset(CLAIMS)
TEACHERS: Final = {"staff", "staff by token", "global staff"}
SERVICES_HERE: Final = {"service here", "service in this course"}

READERS: Final = TEACHERS | SERVICES_HERE | {"reading service"}
WRITERS: Final = TEACHERS | SERVICES_HERE | {"writing service"}
COURSE_EDITORS: Final = TEACHERS | SERVICES_HERE | {"course service"}
WEBHOOK_MANAGERS: Final = {"global staff"} | SERVICES_HERE
WATCHERS: Final = TEACHERS | SERVICES_HERE | {"event service"}
ADA_HERSELF: Final = {"learner", "service for ada"}
BEA_HERSELF: Final = {"classmate", "service for bea"}
KNOW_THE_COURSE: Final = READERS | WRITERS | COURSE_EDITORS | WATCHERS | ADA_HERSELF | BEA_HERSELF
KNOW_ADA: Final = READERS | WRITERS | WATCHERS | ADA_HERSELF


async def both_courses() -> StoredCourse:
    """Publish Heat and Cold, with everybody in them who is known by name; return Heat."""
    heat = await heat_course()
    cold = await publish_course(COLD_KEY)
    await enroll(cold, DAN)
    await save_learners([TESS, OTTO], now=PUBLISHED)
    roles = [
        CourseRole(heat.id, TESS.id, "staff"),
        CourseRole(cold.id, OTTO.id, "instructor"),
        CourseRole(heat.id, LearnerId(12), "beta_testers"),
    ]
    await save_course_roles(roles, now=PUBLISHED)
    return heat


def context_of(who: str, events: EventStream[LoggedEvent, Place] | None = None) -> Context:
    """Return the circumstances of somebody's operation, as the server makes them of a token."""
    said = CLAIMS[who]
    claimed = ANONYMOUS if said is None else viewer_of(said)
    return Context(
        viewer=claimed,
        claimed=claimed,
        now=lambda: NOW,
        freeze_after=FREEZE_AFTER,
        request_id="request-1",
        events=events,
        webhook_targets=WebhookTargets((HOOKS,)),
    )


def about(document: str, *, course: str = COURSE_KEY, learner: int = 11, id: str = "") -> str:
    """Write a course, a learner and an id into a document, where it says COURSE, LEARNER, ID."""
    for name, value in (("COURSE", course), ("LEARNER", str(learner)), ("ID", id)):
        document = document.replace(f"${name}", json.dumps(value))
    return document


async def answer(who: str, document: str) -> dict[str, Any]:
    """Return what somebody is answered, as a client sees it."""
    result = await schema.execute(document, None, context_of(who))
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    return body


def outcome(body: Mapping[str, Any]) -> str:
    """Say in a word what came of an operation: SHOWN, NOTHING, or the code that refuses it."""
    if body.get("errors"):
        codes = {error["extensions"]["code"] for error in body["errors"]}
        return ", ".join(sorted(codes))
    (value,) = body["data"].values()
    while isinstance(value, dict) and len(value) == 1:
        if refusals := value.get("userErrors"):
            return ", ".join(sorted({error["code"] for error in refusals}))
        (value,) = value.values()
    # A mutation that has no errors to tell of was done.
    done = "userErrors" in str(body["data"])
    return "SHOWN" if done or value not in (None, [], [None]) else "NOTHING"


_IDS: Final = """{ course(courseKey: $COURSE) { id sections { id } subsections { id }
  gradebook(first: 1) { nodes { id learner { id } courseGrade { id
    subsectionGrades { id override { id } } } } } } }"""


async def id_of(kind: str) -> str:
    """Return the id of something of Ada's, or of the course, by its type."""
    found: dict[str, Any] = (await answer("global staff", about(_IDS)))["data"]["course"]
    (entry,) = found["gradebook"]["nodes"]
    grade = entry["courseGrade"]
    homework = grade["subsectionGrades"][1]
    ids = {
        "Course": found,
        "Section": found["sections"][0],
        "Subsection": found["subsections"][0],
        "User": entry["learner"],
        "GradebookEntry": entry,
        "CourseGrade": grade,
        "SubsectionGrade": homework,
        "SubsectionGradeOverride": homework["override"],
        "GradeJob": {"id": global_id("GradeJob", 1)},
        "Webhook": {"id": global_id("Webhook", 1)},
    }
    return str(ids[kind]["id"])
