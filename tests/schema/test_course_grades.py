"""``courseGrades``: one learner's grades over several courses."""

import pytest

from db.courses import StoredCourse
from tests.schema.execution import AS_NOBODY, data, refusal
from tests.schema.heat import ADA, COURSE_KEY, enroll, publish_course, record

GRADES = """
query ($courseKeys: [CourseKey!]!, $learner: LearnerRef! = {username: "ada"}) {
  courseGrades(courseKeys: $courseKeys, learner: $learner) {
    percent persisted course { courseKey }
  }
}
"""
COLD = "course-v1:Acme+Cold+2026"
UNKNOWN = "course-v1:Acme+Unknown+2026"


@pytest.fixture
async def courses(course: StoredCourse) -> StoredCourse:
    """Two courses: Ada has 0.71 in one; in the other one perfect homework of three."""
    cold = await publish_course(type(course.key)(COLD))
    await enroll(cold, ADA)
    await record(cold, [ADA], {"p1": (4, 4), "p2": (2, 2)})
    return course


async def test_grades_come_in_the_order_of_the_keys(courses: StoredCourse) -> None:
    answered = await data(GRADES, courseKeys=[COLD, COURSE_KEY])

    # Homework 1, 0, 0 with one zero dropped: 0.5 x 0.5 = 0.25.
    assert answered == {
        "courseGrades": [
            {"percent": 0.25, "persisted": True, "course": {"courseKey": COLD}},
            {"percent": 0.71, "persisted": True, "course": {"courseKey": COURSE_KEY}},
        ]
    }


async def test_a_course_asked_for_twice_is_answered_once(courses: StoredCourse) -> None:
    answered = await data(GRADES, courseKeys=[COURSE_KEY, COLD, COURSE_KEY])

    assert [grade["percent"] for grade in answered["courseGrades"]] == [0.71, 0.25]


async def test_unknown_courses_are_left_out(courses: StoredCourse) -> None:
    answered = await data(GRADES, courseKeys=[UNKNOWN, COURSE_KEY])

    assert [grade["course"]["courseKey"] for grade in answered["courseGrades"]] == [COURSE_KEY]


async def test_a_learner_without_grades_has_zero_grades(courses: StoredCourse) -> None:
    answered = await data(GRADES, courseKeys=[COURSE_KEY], learner={"username": "bea"})

    assert answered == {
        "courseGrades": [{"percent": 0.0, "persisted": False, "course": {"courseKey": COURSE_KEY}}]
    }


async def test_an_unknown_learner_has_no_grades(courses: StoredCourse) -> None:
    answered = await data(GRADES, courseKeys=[COURSE_KEY], learner={"username": "eve"})

    assert answered == {"courseGrades": []}


async def test_no_course_is_no_grade(courses: StoredCourse) -> None:
    assert await data(GRADES, courseKeys=[]) == {"courseGrades": []}


async def test_nobody_in_particular_sees_no_grades(courses: StoredCourse) -> None:
    assert await data(GRADES, AS_NOBODY, courseKeys=[COURSE_KEY]) == {"courseGrades": []}


async def test_a_hundred_courses_may_be_asked_for_and_no_more(courses: StoredCourse) -> None:
    keys = [f"course-v1:Acme+Heat+{number}" for number in range(101)]

    assert await data(GRADES, courseKeys=[*keys[:99], COURSE_KEY]) == {
        "courseGrades": [{"percent": 0.71, "persisted": True, "course": {"courseKey": COURSE_KEY}}]
    }
    assert await refusal(GRADES, courseKeys=keys) == {
        "message": "101 courses are more than 100.",
        "path": ["courseGrades"],
        "code": "TOO_MANY_ITEMS",
    }


async def test_one_malformed_key_refuses_all(courses: StoredCourse) -> None:
    error = await refusal(GRADES, courseKeys=[COURSE_KEY, "Heat"])

    assert error == {
        "message": "Variable '$courseKeys' has invalid value at [1]: 'Heat' is no course key; "
        "expected course-v1:ORG+COURSE+RUN.",
        "path": None,
        "code": "INVALID_INPUT",
    }
