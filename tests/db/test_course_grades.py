from dataclasses import replace
from datetime import timedelta

import pytest

from db.course_grades import course_grades, graded_ids
from db.courses import StoredCourse
from db.learners import Learner
from db.sql import fetch
from grading import CourseGrade, CourseKey, LearnerId, zero_course_grade
from tests.factories import NOW, content_of, enroll, publish_content, subsection
from tests.saving import save_course_grades

ADA = LearnerId(1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 2)
    return course


def grade(course: StoredCourse, learner_id: int = 1, unrounded: float = 0.5) -> CourseGrade:
    return replace(
        zero_course_grade(course.content, LearnerId(learner_id)),
        percent=round(unrounded, 2),
        unrounded=unrounded,
        version=1,
        last_updated=NOW,
    )


@pytest.mark.parametrize("unrounded", [0.1 + 0.2, 5e-324, 1.3, -0.25, 1e12, 1e300])
async def test_a_grade_is_read_back_bit_for_bit(course: StoredCourse, unrounded: float) -> None:
    stored = grade(course, unrounded=unrounded)
    await save_course_grades(course, [stored])

    found = await course_grades([course.id], [ADA])

    assert found == {(course.id, ADA): stored}
    assert found[course.id, ADA].unrounded.hex() == unrounded.hex()


async def test_letter_and_pass_are_read_back_as_they_were_stored(course: StoredCourse) -> None:
    passed = replace(grade(course), letter_grade="Sehr gut ☺", passed=True, passed_at=NOW)
    # Passed once, failed since; and a letter below the passing threshold.
    failed = replace(
        grade(course, 2), letter_grade="", passed=False, passed_at=NOW - timedelta(microseconds=1)
    )
    await save_course_grades(course, [passed, failed])

    found = await course_grades([course.id], [ADA, LearnerId(2)])

    assert found == {(course.id, 1): passed, (course.id, 2): failed}
    assert [type(one.passed) for one in found.values()] == [bool, bool]


async def test_a_grade_takes_the_place_of_the_earlier_one(course: StoredCourse) -> None:
    await save_course_grades(course, [grade(course)])
    second = await publish_content(content_of([subsection("hw1", "Homework")]))
    again = replace(
        grade(second, unrounded=0.75), version=2, last_updated=NOW + timedelta(seconds=1)
    )

    await save_course_grades(second, [again])

    assert await course_grades([course.id], [ADA]) == {(course.id, ADA): again}
    assert await fetch("select count(*) from course_grade") == [(1,)]


async def test_each_course_has_a_grade_of_its_own(course: StoredCourse) -> None:
    key = CourseKey("course-v1:a+b+c")
    other = await publish_content(content_of(course_key=key))
    await save_course_grades(course, [grade(course, unrounded=0.25)])
    await save_course_grades(other, [grade(other, unrounded=0.75)])

    found = await course_grades([course.id, other.id], [ADA, LearnerId(2)])

    assert {(one.course_key, one.unrounded) for one in found.values()} == {
        (course.key, 0.25),
        (key, 0.75),
    }


async def test_graded_ids_come_in_pages(course: StoredCourse) -> None:
    ids = [7, 3, 2**40, 11, 5]
    await enroll(course, [Learner(LearnerId(number), f"u{number}") for number in ids])
    await save_course_grades(course, [grade(course, number) for number in ids])

    pages = [
        await graded_ids(course.id, after=after, limit=2)
        for after in (None, LearnerId(5), LearnerId(11), LearnerId(2**40))
    ]

    assert pages == [[3, 5], [7, 11], [2**40], []]
