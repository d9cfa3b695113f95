"""``Course.gradebook(filter:, orderBy:)``: what each filter and order means to a client."""

from dataclasses import replace
from typing import Any, Final

import pytest

from db.course_roles import CourseRole, save_course_roles
from db.courses import StoredCourse, present_courses
from db.enrollments import Enrollment, save_enrollments
from db.learners import Learner
from grading import CourseKey, LearnerId
from resolvers.access import Scope, ServiceGrant, Viewer
from resolvers.context import Context
from schema import schema
from tests.schema.execution import AS_NOBODY, AS_STAFF, data, refusal
from tests.schema.heat import (
    ADA,
    COURSE_KEY,
    NOW,
    enroll,
    publish_course,
    record,
    sequential,
    usage_key,
)
from tests.schema.test_operations import GRADEBOOK, operation

PAGE: Final = """
query (
  $courseKey: CourseKey!, $filter: GradebookFilter, $orderBy: GradebookOrder, $after: String
  $before: String, $first: Int
) {
  course(courseKey: $courseKey) {
    gradebook(
      filter: $filter, orderBy: $orderBy, after: $after, before: $before, first: $first
    ) {
      totalCount filteredCount
      pageInfo { endCursor }
      nodes { learner { username } enrollment { active } }
    }
  }
}
"""
EMILE: Final = Learner(LearnerId(14), "emile", "Émile Straße", "Emile@Example.org", "SIS-014")
DAN: Final = Learner(LearnerId(15), "dan", "dan")
EVE: Final = Learner(LearnerId(16), "eve", "Eve")
GONE: Final = Learner(LearnerId(17), "gone", "Gone")


@pytest.fixture
async def five(database: str) -> StoredCourse:
    """Ada 0.71, Émile 0.15 late, Dan 0, Eve with nothing, a teacher's trial account, one who left.

    Scores were recorded for Ada, Émile and Dan, in this order.
    """
    course = await publish_course()
    await enroll(course, ADA, EMILE, DAN, EVE)
    await enroll(course, GONE, active=False)
    await save_enrollments([Enrollment(course.id, EMILE.id, mode="audit", cohort="Green")], now=NOW)
    await record(course, [ADA])
    await record(course, [EMILE], {"p6": (5, 10)})
    await record(course, [DAN], {"p6": (0, 10)})
    await save_course_roles([CourseRole(course.id, EVE.id, "beta_testers")], now=NOW)
    return course


async def names(filter: dict[str, Any] | None = None, **arguments: object) -> str:
    """Return the user names on a page, with a space between."""
    answered = await data(PAGE, courseKey=COURSE_KEY, filter=filter, **arguments)
    gradebook = answered["course"]["gradebook"]
    found = [node["learner"]["username"] for node in gradebook["nodes"]]
    assert gradebook["totalCount"] == 4
    assert gradebook["filteredCount"] == len(found) or "first" in arguments
    return " ".join(found)


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({}, "ada dan emile eve"),
        (None, "ada dan emile eve"),
        ({"search": "ÉMILE strasse"}, "emile"),
        ({"search": "  example.ORG "}, "ada emile"),
        ({"search": "sis-1"}, "ada"),
        ({"search": "%"}, ""),
        ({"search": ""}, "ada dan emile eve"),
        ({"search": "e"}, "ada emile eve"),
        ({"learners": [{"username": "dan"}, {"externalUserKey": "SIS-11"}]}, "ada dan"),
        ({"learners": [{"userId": "16"}, {"userId": "0016"}, {"userId": "x"}]}, "eve"),
        ({"learners": [{"id": "VXNlcjoxNA"}, {"username": "nobody"}]}, "emile"),
        ({"learners": []}, ""),
        ({"learners": [{"username": "gone"}]}, ""),
        ({"learners": [{"username": "gone"}], "includeInactive": True}, "gone"),
        ({"cohort": "Green"}, "emile"),
        ({"cohort": "green"}, ""),
        ({"enrollmentMode": "verified"}, "ada dan eve"),
        ({"includeInactive": True}, "ada dan emile eve gone"),
        ({"includeInactive": None}, "ada dan emile eve"),
        ({"excludeCourseRoles": ["all"]}, "ada dan emile"),
        ({"excludeCourseRoles": ["beta_testers", "staff"]}, "ada dan emile"),
        ({"excludeCourseRoles": ["staff"]}, "ada dan emile eve"),
        ({"excludeCourseRoles": []}, "ada dan emile eve"),
        ({"coursePercent": {"min": 0.15, "max": 0.71}}, "ada emile"),
        ({"coursePercent": {"min": 0.16}}, "ada"),
        ({"coursePercent": {"max": 0}}, "dan eve"),
        ({"coursePercent": {}}, "ada dan emile eve"),
        ({"subsection": {"usageKey": sequential("exam")}}, "ada dan emile eve"),
        ({"subsection": {"usageKey": sequential("exam"), "percent": {"max": 0.5}}}, "dan emile"),
        ({"subsection": {"usageKey": sequential("exam"), "percent": {}}}, "ada dan emile"),
        (
            {"subsection": {"usageKey": sequential("exam"), "status": ["NOT_ATTEMPTED"]}},
            "eve",
        ),
        (
            {"subsection": {"usageKey": sequential("hw1"), "status": ["ATTEMPTED", "OVERRIDDEN"]}},
            "ada",
        ),
        ({"letterGrades": ["B", "C"]}, "ada"),
        ({"letterGrades": []}, ""),
        ({"passingStatus": ["PASSING"]}, "ada"),
        ({"passingStatus": ["FAILING"]}, "dan emile"),
        ({"passingStatus": ["NOT_ATTEMPTED", "PASSING"]}, "ada eve"),
        ({"hasOverride": True}, ""),
        ({"hasOverride": False}, "ada dan emile eve"),
        ({"updatedSince": "2026-03-01T13:00:00+01:00"}, "ada dan emile"),
        ({"updatedSince": "2026-03-01T12:00:00.000001Z"}, ""),
        ({"search": "e", "passingStatus": ["FAILING"], "enrollmentMode": "audit"}, "emile"),
    ],
)
async def test_a_filter_lets_through(
    five: StoredCourse, filter: dict[str, Any] | None, expected: str
) -> None:
    assert await names(filter) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, "ada dan emile eve"),
        ({"field": "USERNAME", "direction": "DESC"}, "eve emile dan ada"),
        ({"field": "FULL_NAME"}, "ada dan eve emile"),
        ({"field": "FULL_NAME", "direction": "DESC"}, "emile eve dan ada"),
        ({"field": "COURSE_PERCENT"}, "dan emile ada eve"),
        ({"field": "COURSE_PERCENT", "direction": "DESC"}, "ada emile dan eve"),
        ({"field": "LAST_UPDATED"}, "ada dan emile eve"),
        ({"field": "LAST_UPDATED", "direction": "DESC"}, "ada dan emile eve"),
        ({"field": "SUBSECTION_PERCENT", "usageKey": sequential("hw1")}, "ada dan emile eve"),
        (
            {
                "field": "SUBSECTION_PERCENT",
                "usageKey": sequential("exam"),
                "direction": "DESC",
            },
            "ada emile dan eve",
        ),
    ],
)
async def test_an_order_goes(
    five: StoredCourse, order: dict[str, Any] | None, expected: str
) -> None:
    assert await names(orderBy=order) == expected

    found: list[str] = []
    after: str | None = None
    while len(found) < 4:
        answered = await data(PAGE, courseKey=COURSE_KEY, orderBy=order, first=1, after=after)
        gradebook = answered["course"]["gradebook"]
        found += [node["learner"]["username"] for node in gradebook["nodes"]]
        after = gradebook["pageInfo"]["endCursor"]
    assert " ".join(found) == expected


TOO_LONG: Final = "x" * 256
UNKNOWN: Final = usage_key("sequential", "none")
NO_ROLE: Final = (
    "'Staff' is no role in a course; Open edX has staff, instructor, beta_testers and others."
)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            {"filter": {"search": TOO_LONG}},
            "INVALID_INPUT",
            "search may have at most 255 characters, none of them NUL or half a character.",
        ),
        (
            {"filter": {"cohort": "nul\0"}},
            "INVALID_INPUT",
            "cohort may have at most 255 characters, none of them NUL or half a character.",
        ),
        (
            {"filter": {"enrollmentMode": "half \ud800"}},
            "INVALID_INPUT",
            "enrollmentMode may have at most 255 characters, none of them NUL or half a character.",
        ),
        (
            {"filter": {"letterGrades": ["A", "\0"]}},
            "INVALID_INPUT",
            "letterGrades may have at most 255 characters, none of them NUL or half a character.",
        ),
        ({"filter": {"search": "a\nb"}}, "INVALID_INPUT", "search must be one line."),
        (
            {"filter": {"excludeCourseRoles": ["staff", "Staff"]}},
            "INVALID_INPUT",
            NO_ROLE,
        ),
        (
            {"filter": {"coursePercent": {"min": 0.5, "max": 0.4}}},
            "INVALID_INPUT",
            "coursePercent: min must not be above max.",
        ),
        (
            {"filter": {"coursePercent": {"min": float("nan")}}},
            "INVALID_INPUT",
            "coursePercent: min and max must be finite numbers.",
        ),
        (
            {"filter": {"subsection": {"usageKey": sequential("hw1"), "percent": {"max": 1e999}}}},
            "INVALID_INPUT",
            "subsection.percent: min and max must be finite numbers.",
        ),
        (
            {"filter": {"subsection": {"usageKey": UNKNOWN}}},
            "SUBSECTION_NOT_FOUND",
            f"{UNKNOWN} is no subsection in the present version of {COURSE_KEY}.",
        ),
        (
            {"filter": {"learners": [{"userId": str(n)} for n in range(101)]}},
            "TOO_MANY_ITEMS",
            "learners has 101 items; 100 is most.",
        ),
        (
            {"filter": {"learners": [{"id": "Q291cnNlOjE"}]}},
            "INVALID_INPUT",
            "'Q291cnNlOjE' is not the id of a User.",
        ),
        (
            {"filter": {"letterGrades": [str(n) for n in range(101)]}},
            "TOO_MANY_ITEMS",
            "letterGrades has 101 items; 100 is most.",
        ),
        (
            {"orderBy": {"field": "SUBSECTION_PERCENT"}},
            "INVALID_INPUT",
            "orderBy: SUBSECTION_PERCENT needs a usageKey.",
        ),
        (
            {"orderBy": {"field": "FULL_NAME", "usageKey": sequential("hw1")}},
            "INVALID_INPUT",
            "orderBy: usageKey is for SUBSECTION_PERCENT, not for FULL_NAME.",
        ),
        (
            {"orderBy": {"field": "SUBSECTION_PERCENT", "usageKey": UNKNOWN}},
            "SUBSECTION_NOT_FOUND",
            f"{UNKNOWN} is no subsection in the present version of {COURSE_KEY}.",
        ),
    ],
)
async def test_what_no_learner_could_be_is_refused(
    five: StoredCourse, arguments: dict[str, Any], code: str, message: str, statements: list[str]
) -> None:
    error = await refusal(PAGE, courseKey=COURSE_KEY, **arguments)

    assert error == {"message": message, "path": ["course", "gradebook"], "code": code}


ORDERS: Final[list[dict[str, Any]]] = [
    *(
        {"field": field, "direction": direction}
        for field in ("USERNAME", "FULL_NAME", "COURSE_PERCENT", "LAST_UPDATED")
        for direction in ("ASC", "DESC")
    ),
    *(
        {"field": "SUBSECTION_PERCENT", "direction": direction, "usageKey": sequential(name)}
        for direction in ("ASC", "DESC")
        for name in ("hw1", "exam")
    ),
]


async def test_a_cursor_of_another_order_is_refused(five: StoredCourse) -> None:
    for order in ORDERS:
        answered = await data(PAGE, courseKey=COURSE_KEY, orderBy=order, first=1)
        cursor = answered["course"]["gradebook"]["pageInfo"]["endCursor"]

        for other in ORDERS:
            if other == order:
                await data(PAGE, courseKey=COURSE_KEY, orderBy=other, after=cursor)
                continue
            for place in ("after", "before"):
                error = await refusal(PAGE, courseKey=COURSE_KEY, orderBy=other, **{place: cursor})
                assert error["code"] == "INVALID_INPUT"
                assert error["message"] == (
                    f"{cursor[:80]!r} is no cursor of this gradebook in this order."
                )


async def test_a_cursor_holds_under_another_filter(five: StoredCourse) -> None:
    order = {"field": "COURSE_PERCENT", "direction": "DESC"}
    first = await data(PAGE, courseKey=COURSE_KEY, orderBy=order, first=1)
    cursor = first["course"]["gradebook"]["pageInfo"]["endCursor"]

    found = await names({"search": "an"}, orderBy=order, after=cursor, first=9)

    assert found == "dan"


async def test_whoever_may_not_see_all_grades_may_not_filter_them(five: StoredCourse) -> None:
    adas = replace(
        AS_STAFF,
        viewer=Viewer("ada", learner_id=ADA.id, enrolled_in=frozenset({CourseKey(COURSE_KEY)})),
    )
    asked = {"courseKey": COURSE_KEY, "filter": {"coursePercent": {"min": 0.5}}}

    assert await data(PAGE, AS_NOBODY, **asked) == {"course": None}
    error = await refusal(PAGE, adas, **asked)

    assert error == {
        "message": "The grades of a whole course are for its staff.",
        "path": ["course", "gradebook"],
        "code": "FORBIDDEN",
    }


EVERYTHING: Final[dict[str, Any]] = {
    "search": "e",
    "learners": [{"username": f"learner{n}"} for n in range(50)] + [{"userId": "3"}],
    "includeInactive": True,
    "excludeCourseRoles": ["staff"],
    "coursePercent": {"min": 0},
    "subsection": {"usageKey": sequential("exam"), "percent": {"min": 0}},
    "letterGrades": ["B"],
    "passingStatus": ["PASSING"],
    "hasOverride": False,
    "updatedSince": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize("global_staff", [True, False], ids=["global staff", "course staff"])
async def test_a_filtered_page_takes_as_many_statements_for_any_class(
    database: str, size: int, global_staff: bool, statements: list[str]
) -> None:
    course = await publish_course()
    learners = [Learner(LearnerId(100 + n), f"learner{n}") for n in range(size)]
    await enroll(course, *learners)
    await record(course, learners)
    teacher = Learner(LearnerId(7), "teacher")
    await enroll(course, teacher, active=False)
    await save_course_roles([CourseRole(course.id, teacher.id, "staff")], now=NOW)
    await present_courses([course.key])
    claimed = Viewer("teacher", global_staff=global_staff)
    context = Context(claimed, lambda: NOW, claimed=claimed)
    variables = {
        "courseKey": COURSE_KEY,
        "filter": EVERYTHING,
        "orderBy": {"field": "SUBSECTION_PERCENT", "usageKey": sequential("hw1")},
    }
    statements.clear()

    result = await schema.execute(operation(GRADEBOOK), variables, context)

    assert result.errors is None
    assert result.data is not None
    assert result.data["course"]["gradebook"]["filteredCount"] == size
    # Course, page, counts, grades, subsections; the staff's roles, and whom they may write to.
    assert len(statements) == (5 if global_staff else 7)


async def test_a_service_finds_nobody_by_an_address_that_it_may_not_see(
    five: StoredCourse,
) -> None:
    service = Viewer("reports", service=ServiceGrant(frozenset({Scope.GRADES_READ})))
    asking = replace(AS_STAFF, viewer=service)

    found = []
    for search in ("example.org", "ada@", "straße", "sis-014", "emile"):
        answered = await data(PAGE, asking, courseKey=COURSE_KEY, filter={"search": search})
        found.append(answered["course"]["gradebook"]["filteredCount"])

    assert found == [0, 0, 1, 1, 1]
