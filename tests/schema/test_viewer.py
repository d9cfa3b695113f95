"""``viewer`` and ``viewerPermissions``: who is asking, in which courses, and what they may do."""

import base64
from typing import Any

import pytest

from db.courses import StoredCourse
from tests.schema.execution import everything_stored
from tests.schema.heat import ADA, COURSE_KEY, enroll, publish_course, sequential
from tests.schema.people import COLD_KEY, TESS, about, answer, both_courses

VIEWER = "{ viewer { user { username email } courses { totalCount nodes { courseKey } } } }"
PAGE = """{ viewer { courses(first: %s, after: %s) {
  totalCount edges { cursor node { courseKey } } nodes { courseKey }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
PERMISSIONS = """{ course(courseKey: $COURSE) { viewerPermissions {
  viewOwnGrade viewAllGrades editGrades editGradingPolicy } } }"""


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """Heat, beside Cold."""
    return await both_courses()


HEAT, COLD, BOTH = [COURSE_KEY], [COLD_KEY], [COURSE_KEY, COLD_KEY]
COURSES = {
    "anonymous": (None, []),
    "stranger": (None, []),
    "unnamed": (None, []),
    "learner": ("ada", HEAT),
    "classmate": ("bea", HEAT),
    "who has left": ("cyd", []),
    "learner elsewhere": ("dan", COLD),
    "staff": ("tess", HEAT),
    "staff by token": (None, HEAT),
    "staff elsewhere": ("otto", COLD),
    "global staff": (None, BOTH),
    "reading service": (None, BOTH),
    "writing service": (None, []),
    "course service": (None, []),
    "event service": (None, []),
    "service here": (None, HEAT),
    "service in this course": (None, HEAT),
    "service elsewhere": (None, COLD),
    "service for ada": ("ada", HEAT),
    "service for ada elsewhere": ("ada", []),
    "other service": (None, []),
}


@pytest.mark.parametrize("who", COURSES)
async def test_everybody_is_told_who_they_are_and_where_they_may_see_a_grade(
    course: StoredCourse, who: str
) -> None:
    viewer = (await answer(who, VIEWER))["data"]["viewer"]

    username, keys = COURSES[who]
    assert (viewer["user"] or {}).get("username") == username
    assert viewer["courses"] == {
        "totalCount": len(keys),
        "nodes": [{"courseKey": key} for key in keys],
    }


async def test_an_e_mail_address_is_told_to_staff_alone(course: StoredCourse) -> None:
    document = f'{{ courseGrade(courseKey: "{COURSE_KEY}"%s) {{ learner {{ email }} }} }}'
    named = ', learner: {username: "ada"}'

    def email(body: dict[str, Any]) -> object:
        return body["data"]["courseGrade"]["learner"]["email"]

    assert email(await answer("learner", document % "")) is None
    assert email(await answer("reading service", document % named)) is None
    assert email(await answer("service for ada", document % named)) is None
    assert email(await answer("staff", document % named)) == ADA.email
    assert email(await answer("staff by token", document % named)) == ADA.email
    assert email(await answer("global staff", document % named)) == ADA.email


async def test_courses_come_in_pages_by_key(course: StoredCourse) -> None:
    for number in range(5):
        await publish_course(f"course-v1:Acme+Run{number}+2026")  # type: ignore[arg-type]
    found: list[str] = []
    after = "null"
    sizes = []
    while True:
        body = await answer("global staff", PAGE % (3, after))
        page = body["data"]["viewer"]["courses"]
        keys = [one["courseKey"] for one in page["nodes"]]
        assert [edge["node"]["courseKey"] for edge in page["edges"]] == keys
        assert page["totalCount"] == 7
        assert page["pageInfo"]["hasPreviousPage"] is bool(found)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        found += keys
        sizes.append(len(keys))
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = f'"{page["pageInfo"]["endCursor"]}"'

    assert sizes == [3, 3, 1]
    assert found == [
        "course-v1:Acme+Heat+2026",
        *(f"course-v1:Acme+Run{number}+2026" for number in range(5)),
        "course-v1:Other+Cold+2026",
    ]


async def test_a_page_of_nothing(course: StoredCourse) -> None:
    body = await answer("global staff", PAGE % (0, "null"))

    assert body["data"]["viewer"]["courses"] == {
        "totalCount": 2,
        "edges": [],
        "nodes": [],
        "pageInfo": {
            "hasNextPage": True,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


async def test_an_organisation_is_a_whole_word(course: StoredCourse) -> None:
    await publish_course("course-v1:AcmeX+Heat+2026")  # type: ignore[arg-type]
    await publish_course("course-v1:acme+Heat+2026")  # type: ignore[arg-type]

    viewer = (await answer("service here", VIEWER))["data"]["viewer"]

    assert viewer["courses"]["nodes"] == [{"courseKey": COURSE_KEY}]


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "%%%",
        "ä",
        cursor("course-v1:Acme+Heat+2026"),
        cursor("c:Heat"),
        cursor("c:course-v1:Acme+Heat+2026") + "=",
        cursor("c:c:course-v1:Acme+Heat+2026"),
    ],
)
async def test_a_cursor_that_is_not_ours_is_refused(course: StoredCourse, after: str) -> None:
    body = await answer("global staff", PAGE % (3, f'"{after}"'))

    assert body["data"] is None
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["message"] == f"{after!r} is no cursor of this list."


@pytest.mark.parametrize(
    ("first", "code", "message"),
    [
        (-1, "INVALID_INPUT", "first must not be negative."),
        (101, "TOO_MANY_ITEMS", "first may be at most 100; page on with the cursor."),
    ],
)
async def test_a_page_of_another_size_is_refused(
    course: StoredCourse, first: int, code: str, message: str
) -> None:
    (error,) = (await answer("learner", PAGE % (first, "null")))["errors"]

    assert (error["extensions"]["code"], error["message"]) == (code, message)


async def test_a_page_takes_as_many_statements_for_one_course_as_for_many(
    course: StoredCourse, statements: list[str]
) -> None:
    await answer("learner", VIEWER)
    statements.clear()
    await answer("learner", VIEWER)
    few = len(statements)
    for number in range(20):
        more = await publish_course(f"course-v1:Acme+Run{number}+2026")  # type: ignore[arg-type]
        await enroll(more, ADA)
    await answer("learner", VIEWER)
    statements.clear()

    await answer("learner", VIEWER)

    # The viewer, the user, their courses' keys, these courses, and how many there are.
    assert (few, len(statements)) == (5, 5)


NOTHING = (False, False, False, False)
PERMITTED = {
    "learner": (True, False, False, False),
    "classmate": (True, False, False, False),
    "staff": (False, True, True, True),
    "staff by token": (False, True, True, True),
    "global staff": (False, True, True, True),
    "reading service": (False, True, False, False),
    "writing service": (False, False, True, False),
    "course service": (False, False, False, True),
    "event service": NOTHING,
    "service here": (False, True, True, True),
    "service for ada": (True, False, False, False),
}


@pytest.mark.parametrize("who", PERMITTED)
async def test_permissions_are_what_the_viewer_may_do(course: StoredCourse, who: str) -> None:
    before = await everything_stored()
    body = await answer(who, about(PERMISSIONS))

    permitted = body["data"]["course"]["viewerPermissions"]
    assert tuple(permitted.values()) == PERMITTED[who]
    assert await everything_stored() == before


async def test_staff_who_learn_in_the_course_may_see_their_own_grade(
    course: StoredCourse,
) -> None:
    await enroll(course, TESS)
    learning = (await answer("staff", about(PERMISSIONS)))["data"]["course"]["viewerPermissions"]
    await enroll(course, TESS, active=False)
    gone = (await answer("staff", about(PERMISSIONS)))["data"]["course"]["viewerPermissions"]

    assert (learning["viewOwnGrade"], gone["viewOwnGrade"]) == (True, False)


ACTORS = """{ courseGrade(courseKey: $COURSE, learner: {userId: $LEARNER}) {
  history(first: 1) { nodes { actor { username } } }
  subsectionGrade(usageKey: "$HW2") {
    override { overriddenBy { username } } overrideHistory { nodes { by { username } } }
  } } }""".replace("$HW2", sequential("hw2"))
OVERRIDE = (
    "mutation { overrideSubsectionGrade(input: {courseKey: $COURSE, learner: {userId: $LEARNER},"
    f' usageKey: "{sequential("hw2")}", values: {{earnedGraded: 5}}}})'
    " { userErrors { code } } }"
)


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("global staff", "tess"),
        ("staff", "tess"),
        ("staff by token", "tess"),
        ("service here", "tess"),
        ("learner", None),
        ("service for ada", None),
    ],
)
async def test_who_graded_is_told_to_staff_and_not_to_learners(
    course: StoredCourse, who: str, told: str | None
) -> None:
    assert (await answer("staff", about(OVERRIDE)))["data"]["overrideSubsectionGrade"] == {
        "userErrors": []
    }

    grade = (await answer(who, about(ACTORS)))["data"]["courseGrade"]

    actor = None if told is None else {"username": told}
    assert grade["history"]["nodes"] == [{"actor": actor}]
    assert grade["subsectionGrade"] == {
        "override": {"overriddenBy": actor},
        "overrideHistory": {"nodes": [{"by": actor}]},
    }
