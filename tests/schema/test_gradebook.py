"""``Course.gradebook``: pages of a course's learners, both ways."""

import base64
import json
from typing import Any

import pytest

from db.courses import StoredCourse
from db.learners import Learner
from grading import CourseKey, LearnerId
from tests.schema.execution import AS_NOBODY, data, refusal
from tests.schema.heat import COURSE_KEY, CYD, enroll, publish_course

PAGE = """
query (
  $courseKey: CourseKey!, $first: Int, $after: String, $last: Int, $before: String
) {
  course(courseKey: $courseKey) {
    gradebook(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { learner { username } } }
    }
  }
}
"""
NAMES = ["ada", "b", "C", "d", "e", "é", "zoë"]
IN_ORDER = sorted(NAMES)
BY_NAME = ["g", 1, "USERNAME", False, None, None]


@pytest.fixture
async def seven(database: str) -> StoredCourse:
    """A course of seven learners, enrolled in another order than theirs, and one who has left."""
    course = await publish_course()
    learners = [Learner(LearnerId(number), name) for number, name in enumerate(NAMES, 100)]
    await enroll(course, *reversed(learners))
    await enroll(course, CYD, active=False)
    return course


def cursor(name: str) -> str:
    return encoded([*BY_NAME, name, str(100 + NAMES.index(name))])


def encoded(place: object) -> str:
    text = json.dumps(place)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def page(**arguments: object) -> tuple[list[str], bool, bool]:
    """Return the names on a page, and whether there are more after and before it."""
    answered = await data(PAGE, courseKey=COURSE_KEY, **arguments)
    gradebook = answered["course"]["gradebook"]
    info = gradebook["pageInfo"]
    cursors = [edge["cursor"] for edge in gradebook["edges"]]
    assert gradebook["totalCount"] == 7
    assert info["startCursor"] == (cursors[0] if cursors else None)
    assert info["endCursor"] == (cursors[-1] if cursors else None)
    names = [edge["node"]["learner"]["username"] for edge in gradebook["edges"]]
    assert cursors == [cursor(name) for name in names]
    return names, info["hasNextPage"], info["hasPreviousPage"]


async def test_a_row_has_learner_enrollment_and_grade(course: StoredCourse) -> None:
    answered = await data(
        "query ($courseKey: CourseKey!) { course(courseKey: $courseKey) { gradebook { nodes {"
        " id learner { userId username fullName email externalUserKey }"
        " enrollment { active mode cohort } error { code }"
        " courseGrade { percent letterGrade persisted } } } } }",
        courseKey=COURSE_KEY,
    )

    enrollment = {"active": True, "mode": "verified", "cohort": "Blue"}
    assert answered["course"]["gradebook"]["nodes"] == [
        {
            "id": "R3JhZGVib29rRW50cnk6MToxMQ",
            "learner": {
                "userId": "11",
                "username": "ada",
                "fullName": "Ada Lovelace",
                "email": "ada@example.org",
                "externalUserKey": "SIS-11",
            },
            "enrollment": enrollment,
            "error": None,
            "courseGrade": {"percent": 0.71, "letterGrade": "B", "persisted": True},
        },
        {
            "id": "R3JhZGVib29rRW50cnk6MToxMg",
            "learner": {
                "userId": "12",
                "username": "bea",
                "fullName": None,
                "email": None,
                "externalUserKey": None,
            },
            "enrollment": enrollment,
            "error": None,
            "courseGrade": {"percent": 0.0, "letterGrade": None, "persisted": False},
        },
    ]


@pytest.mark.parametrize(
    ("arguments", "places", "more_after", "more_before"),
    [
        ({}, slice(0, 7), False, False),
        ({"first": None, "last": None}, slice(0, 7), False, False),
        ({"first": 7}, slice(0, 7), False, False),
        ({"first": 100}, slice(0, 7), False, False),
        ({"first": 6}, slice(0, 6), True, False),
        ({"first": 0}, slice(0, 0), True, False),
        ({"first": 3, "after": 2}, slice(3, 6), True, True),
        ({"first": 3, "after": 3}, slice(4, 7), False, True),
        ({"first": 3, "after": 6}, slice(7, 7), False, True),
        ({"after": 5}, slice(6, 7), False, True),
        ({"last": 7}, slice(0, 7), False, False),
        ({"last": 100}, slice(0, 7), False, False),
        ({"last": 2}, slice(5, 7), False, True),
        ({"last": 0}, slice(7, 7), False, True),
        ({"last": 3, "before": 4}, slice(1, 4), True, True),
        ({"last": 3, "before": 3}, slice(0, 3), True, False),
        ({"last": 3, "before": 0}, slice(0, 0), True, False),
        ({"before": 2}, slice(0, 2), True, False),
    ],
)
async def test_pages_are_where_the_arguments_say(
    seven: StoredCourse,
    arguments: dict[str, int | None],
    places: slice,
    more_after: bool,
    more_before: bool,
) -> None:
    given = {
        name: cursor(IN_ORDER[value])
        if name in ("after", "before") and value is not None
        else value
        for name, value in arguments.items()
    }

    assert await page(**given) == (IN_ORDER[places], more_after, more_before)


async def test_pages_forwards_make_the_whole_list(seven: StoredCourse) -> None:
    found: list[str] = []
    after, more = None, True
    while more:
        names, more, _ = await page(first=2, after=after)
        found += names
        after = cursor(names[-1])

    assert found == IN_ORDER


async def test_pages_backwards_make_the_whole_list(seven: StoredCourse) -> None:
    found: list[str] = []
    before, more = None, True
    while more:
        names, _, more = await page(last=2, before=before)
        found = names + found
        before = cursor(names[0])

    assert found == IN_ORDER


async def test_a_page_goes_on_where_a_learner_came_or_left(seven: StoredCourse) -> None:
    gone = Learner(LearnerId(100 + NAMES.index(IN_ORDER[2])), IN_ORDER[2])
    await enroll(seven, gone, active=False)
    await enroll(seven, Learner(LearnerId(500), "A first"))

    answered = await data(PAGE, courseKey=COURSE_KEY, first=2, after=cursor(IN_ORDER[2]))

    edges = answered["course"]["gradebook"]["edges"]
    assert [edge["node"]["learner"]["username"] for edge in edges] == IN_ORDER[3:5]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            {"first": 101},
            "TOO_MANY_ITEMS",
            "first may be at most 100; page on with the cursor.",
        ),
        ({"last": 101}, "TOO_MANY_ITEMS", "last may be at most 100; page on with the cursor."),
        ({"first": -1}, "INVALID_INPUT", "first must not be negative."),
        ({"last": -1}, "INVALID_INPUT", "last must not be negative."),
        *(
            (
                arguments,
                "INVALID_INPUT",
                "Page with first and after, or with last and before, not with both.",
            )
            for arguments in (
                {"first": 1, "last": 1},
                {"first": 1, "before": cursor("ada")},
                {"last": 1, "after": cursor("ada")},
                {"after": cursor("ada"), "before": cursor("e")},
            )
        ),
    ],
)
async def test_impossible_pages_are_refused(
    seven: StoredCourse, arguments: dict[str, Any], code: str, message: str
) -> None:
    error = await refusal(PAGE, courseKey=COURSE_KEY, **arguments)

    assert error == {"message": message, "path": ["course", "gradebook"], "code": code}


ADA_ELSEWHERE = Learner(LearnerId(100), "ada")
MALFORMED_CURSORS = [
    "",
    "nonsense",
    "%%%",
    "ä",
    "half a pair \ud800",
    cursor("ada") + "=",
    cursor("ada")[:-2],
    " " + cursor("ada"),
    encoded(None),
    encoded([]),
    encoded(["g", 1, "ada", "100"]),
    encoded([*BY_NAME, "ada"]),
    encoded([*BY_NAME, "ada", 100]),
    encoded([*BY_NAME, "ada", "0100"]),
    encoded([*BY_NAME, "ada", "-100"]),
    encoded([*BY_NAME, "ada", "1e2"]),
    encoded([*BY_NAME, "ada", "9" * 40]),
    encoded([*BY_NAME, "ada", "100", "more"]),
    encoded(["h", *BY_NAME[1:], "ada", "100"]),
    *(encoded(["g", course, *BY_NAME[2:], "ada", "100"]) for course in ("1", True, 1.0, None, 2)),
    *(
        encoded(["g", 1, *order, "ada", "100"])
        for order in (
            ["USERNAME", True, None, None],
            ["USERNAME", 0, None, None],
            ["USERNAME", False, 1, None],
            ["USERNAME", False, None, 0.5],
            ["USERNAME", False, None, "ada"],
            ["FULL_NAME", False, None, None],
            ["COURSE_PERCENT", False, None, 0.5],
        )
    ),
    "W" * 100_000,
]


@pytest.mark.parametrize("text", MALFORMED_CURSORS, ids=range(len(MALFORMED_CURSORS)))
async def test_a_malformed_cursor_is_refused(seven: StoredCourse, text: str) -> None:
    for place in ("after", "before"):
        error = await refusal(PAGE, courseKey=COURSE_KEY, **{place: text})

        assert error == {
            "message": f"{text[:80]!r} is no cursor of this gradebook in this order.",
            "path": ["course", "gradebook"],
            "code": "INVALID_INPUT",
        }


@pytest.mark.parametrize("name", ["nul\0", "half a pair \ud800"], ids=["nul", "half"])
async def test_a_cursor_of_a_name_that_nobody_can_have_is_refused(
    seven: StoredCourse, name: str
) -> None:
    error = await refusal(PAGE, courseKey=COURSE_KEY, after=encoded([*BY_NAME, name, "100"]))

    assert error == {
        "message": "This is no place in a gradebook.",
        "path": ["course", "gradebook"],
        "code": "INVALID_INPUT",
    }


async def test_a_cursor_of_another_course_is_refused(seven: StoredCourse) -> None:
    other = await publish_course(CourseKey("course-v1:Acme+Cold+2026"))
    await enroll(other, ADA_ELSEWHERE)
    answered = await data(PAGE, courseKey=other.key)
    (edge,) = answered["course"]["gradebook"]["edges"]

    error = await refusal(PAGE, courseKey=COURSE_KEY, after=edge["cursor"])

    assert error == {
        "message": f"{edge['cursor']!r} is no cursor of this gradebook in this order.",
        "path": ["course", "gradebook"],
        "code": "INVALID_INPUT",
    }


async def test_a_course_without_learners_has_an_empty_page(database: str) -> None:
    await publish_course()

    answered = await data(PAGE, courseKey=COURSE_KEY)

    assert answered["course"]["gradebook"] == {
        "totalCount": 0,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
        "edges": [],
    }


async def test_nobody_in_particular_sees_no_gradebook(seven: StoredCourse) -> None:
    assert await data(PAGE, AS_NOBODY, courseKey=COURSE_KEY) == {"course": None}
