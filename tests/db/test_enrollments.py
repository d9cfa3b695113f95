import itertools

import pytest

from db.courses import StoredCourse
from db.enrollments import Enrollment, enrolled_ids, enrollments, save_enrollments
from db.errors import IntegrityError
from db.learners import Learner, save_learners
from db.sql import fetch
from grading import CourseKey, LearnerId
from tests.factories import NOW, content_of, enroll, publish_content


@pytest.fixture
async def course(database: str) -> StoredCourse:
    return await publish_content()


async def enroll_by_name(course: StoredCourse, names: list[str], *, first_id: int = 1) -> None:
    await enroll(
        course,
        [Learner(LearnerId(first_id + at), name) for at, name in enumerate(names)],
    )


async def test_an_enrollment_is_read_back_and_replaced(course: StoredCourse) -> None:
    await save_learners([Learner(LearnerId(7), "ada")], now=NOW)
    first = Enrollment(course.id, LearnerId(7), mode="verified", cohort="Mörgen")
    await save_enrollments([first], now=NOW)
    assert await enrollments([course.id], [LearnerId(7), LearnerId(8)]) == {(course.id, 7): first}

    left = Enrollment(course.id, LearnerId(7), active=False)
    await save_enrollments([left], now=NOW)

    assert await enrollments([course.id], [LearnerId(7)]) == {(course.id, 7): left}
    assert await fetch("select count(*) from enrollment") == [(1,)]


async def test_an_enrollment_of_nobody_is_refused_and_nothing_is_stored(
    course: StoredCourse,
) -> None:
    await save_learners([Learner(LearnerId(7), "ada")], now=NOW)

    with pytest.raises(IntegrityError):
        await save_enrollments(
            [Enrollment(course.id, LearnerId(7)), Enrollment(course.id, LearnerId(8))], now=NOW
        )

    assert await enrolled_ids(course.id, limit=10) == []


async def test_user_names_cannot_tie(course: StoredCourse) -> None:
    await enroll_by_name(course, ["ada"])

    with pytest.raises(IntegrityError):
        await enroll_by_name(course, ["ada"], first_id=2)


async def test_who_has_left_was_enrolled(
    course: StoredCourse,
) -> None:
    await enroll_by_name(course, ["ada", "bea"])
    await enroll(course, [Learner(LearnerId(9), "cyd")], active=False)

    assert await enrolled_ids(course.id, limit=9) == [1, 2, 9]


async def test_another_course_has_enrollments_of_its_own(course: StoredCourse) -> None:
    other = await publish_content(content_of(course_key=CourseKey("course-v1:a+b+c")))
    await enroll_by_name(course, ["ada"])
    await enroll_by_name(other, ["bea"], first_id=2)

    both = await enrollments([course.id, other.id], [LearnerId(1), LearnerId(2)])
    assert both.keys() == {(course.id, 1), (other.id, 2)}


async def test_enrolled_ids_come_in_pages(course: StoredCourse) -> None:
    ids = [3, 10, 2, 1025, 2**40]
    await enroll(course, [Learner(LearnerId(number), f"u{number}") for number in ids])

    pages = [
        await enrolled_ids(course.id, after=after, limit=2)
        for after in (None, LearnerId(3), LearnerId(1025), LearnerId(2**40))
    ]

    assert pages == [[2, 3], [10, 1025], [2**40], []]
    assert list(itertools.chain(*pages)) == sorted(ids)
