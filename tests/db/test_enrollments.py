import itertools

import pytest

from db.courses import StoredCourse
from db.enrollments import (
    EnrolledLearner,
    Enrollment,
    Position,
    active_count,
    enrolled_ids,
    enrollments,
    gradebook_page,
    save_enrollments,
)
from db.errors import IntegrityError
from db.learners import Learner, save_learners
from db.sql import fetch
from grading import CourseKey, LearnerId
from tests.factories import NOW, content_of, enroll, publish_content

NAMES = ["Zoë", "ada", "zoe", "émile", "bea", "Ada", "b'; --", "王", "😀", "ada2", "_", "10"]
IN_ORDER = ["10", "Ada", "Zoë", "_", "ada", "ada2", "b'; --", "bea", "zoe", "émile", "王", "😀"]


@pytest.fixture
async def course(database: str) -> StoredCourse:
    return await publish_content()


async def enroll_by_name(course: StoredCourse, names: list[str], *, first_id: int = 1) -> None:
    await enroll(
        course,
        [Learner(LearnerId(first_id + at), name) for at, name in enumerate(names)],
    )


def names_of(page: list[EnrolledLearner]) -> list[str]:
    return [one.learner.username for one in page]


def place_of(one: EnrolledLearner) -> Position:
    return Position(one.learner.username, one.learner.id)


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


async def test_the_gradebook_is_ordered_by_user_name(course: StoredCourse) -> None:
    await enroll_by_name(course, NAMES)

    assert names_of(await gradebook_page(course.id, limit=100)) == IN_ORDER
    assert names_of(await gradebook_page(course.id, limit=100, backwards=True)) == IN_ORDER


@pytest.mark.parametrize("size", [1, 5, 6, 12, 13])
async def test_pages_forwards_hold_everybody_once(course: StoredCourse, size: int) -> None:
    await enroll_by_name(course, NAMES)
    found: list[str] = []
    beyond = None

    while page := await gradebook_page(course.id, limit=size, beyond=beyond):
        found += names_of(page)
        beyond = place_of(page[-1])

    assert found == IN_ORDER


@pytest.mark.parametrize("size", [1, 5, 6, 12, 13])
async def test_pages_backwards_hold_everybody_once(course: StoredCourse, size: int) -> None:
    await enroll_by_name(course, NAMES)
    found: list[str] = []
    beyond = None

    while page := await gradebook_page(course.id, limit=size, beyond=beyond, backwards=True):
        found = names_of(page) + found
        beyond = place_of(page[0])

    assert found == IN_ORDER


async def test_who_comes_in_between_moves_nobody_else(course: StoredCourse) -> None:
    await enroll_by_name(course, ["b", "d", "f", "h"])
    first = await gradebook_page(course.id, limit=2)

    await enroll_by_name(course, ["a", "c", "e", "z"], first_id=50)

    rest = await gradebook_page(course.id, limit=10, beyond=place_of(first[-1]))
    assert names_of(rest) == ["e", "f", "h", "z"]
    before = await gradebook_page(course.id, limit=2, beyond=place_of(rest[0]), backwards=True)
    assert names_of(before) == ["c", "d"]


async def test_a_place_need_not_be_anybodys(course: StoredCourse) -> None:
    await enroll_by_name(course, ["b", "d"])

    for place, after, before in (
        (Position("c", LearnerId(1)), ["d"], ["b"]),
        (Position("b", LearnerId(99)), ["d"], ["b"]),
        (Position("", LearnerId(1)), ["b", "d"], []),
        (Position("\U0010ffff", LearnerId(1)), [], ["b", "d"]),
    ):
        assert names_of(await gradebook_page(course.id, limit=9, beyond=place)) == after
        page = await gradebook_page(course.id, limit=9, beyond=place, backwards=True)
        assert names_of(page) == before


async def test_user_names_cannot_tie(course: StoredCourse) -> None:
    await enroll_by_name(course, ["ada"])

    with pytest.raises(IntegrityError):
        await enroll_by_name(course, ["ada"], first_id=2)


async def test_who_has_left_is_not_in_the_gradebook_but_was_enrolled(
    course: StoredCourse,
) -> None:
    await enroll_by_name(course, ["ada", "bea"])
    await enroll(course, [Learner(LearnerId(9), "cyd")], active=False)

    assert names_of(await gradebook_page(course.id, limit=9)) == ["ada", "bea"]
    assert await active_count(course.id) == 2
    assert await enrolled_ids(course.id, limit=9) == [1, 2, 9]


async def test_another_course_has_a_gradebook_of_its_own(course: StoredCourse) -> None:
    other = await publish_content(content_of(course_key=CourseKey("course-v1:a+b+c")))
    await enroll_by_name(course, ["ada"])
    await enroll_by_name(other, ["bea"], first_id=2)

    assert names_of(await gradebook_page(course.id, limit=9)) == ["ada"]
    assert names_of(await gradebook_page(other.id, limit=9)) == ["bea"]
    both = await enrollments([course.id, other.id], [LearnerId(1), LearnerId(2)])
    assert both.keys() == {(course.id, 1), (other.id, 2)}


async def test_a_page_holds_learner_and_enrollment(course: StoredCourse) -> None:
    ada = Learner(LearnerId(7), "ada", "Ada", "ada@example.org", "sis-7")
    await enroll(course, [ada])
    enrollment = Enrollment(course.id, ada.id, mode="audit", cohort="A")
    await save_enrollments([enrollment], now=NOW)

    assert await gradebook_page(course.id, limit=9) == [EnrolledLearner(ada, enrollment)]


async def test_enrolled_ids_come_in_pages(course: StoredCourse) -> None:
    ids = [3, 10, 2, 1025, 2**40]
    await enroll(course, [Learner(LearnerId(number), f"u{number}") for number in ids])

    pages = [
        await enrolled_ids(course.id, after=after, limit=2)
        for after in (None, LearnerId(3), LearnerId(1025), LearnerId(2**40))
    ]

    assert pages == [[2, 3], [10, 1025], [2**40], []]
    assert list(itertools.chain(*pages)) == sorted(ids)
