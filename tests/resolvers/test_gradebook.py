import asyncio

import pytest

from db.courses import StoredCourse
from db.learners import Learner
from grading import GradingError, InvalidInput, LearnerId, MalformedCursor, TooManyItems
from resolvers import course_grades
from resolvers.gradebook import (
    GradebookCounts,
    Page,
    PageRequest,
    Position,
    count_learners,
    read_page,
)
from resolvers.learners import read_enrollment, read_learner
from tests.factories import context_of, enroll, publish_content, record


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, [Learner(LearnerId(9 - at), name) for at, name in enumerate("abcde")])
    return course


def place(name: str) -> Position:
    return Position(name, LearnerId(9 - "abcde".index(name)))


async def page_of(course: StoredCourse, **arguments: object) -> Page:
    return await read_page(context_of(), course, PageRequest(**arguments))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "names", "has_previous", "has_next"),
    [
        ({}, "abcde", False, False),
        ({"first": 5}, "abcde", False, False),
        ({"first": 4}, "abcd", False, True),
        ({"first": 0}, "", False, True),
        ({"first": 2, "after": place("b")}, "cd", True, True),
        ({"first": 3, "after": place("b")}, "cde", True, False),
        ({"first": 1, "after": place("e")}, "", True, False),
        ({"after": place("a")}, "bcde", True, False),
        ({"last": 2}, "de", True, False),
        ({"last": 5}, "abcde", False, False),
        ({"last": 0}, "", True, False),
        ({"last": 2, "before": place("d")}, "bc", True, True),
        ({"last": 3, "before": place("d")}, "abc", False, True),
        ({"last": 1, "before": place("a")}, "", False, True),
        ({"before": place("c")}, "ab", False, True),
    ],
)
async def test_a_page_tells_what_is_on_either_side(
    course: StoredCourse,
    arguments: dict[str, object],
    names: str,
    has_previous: bool,
    has_next: bool,
) -> None:
    page = await page_of(course, **arguments)

    assert "".join(one.learner.username for one in page.learners) == names
    assert (page.has_previous, page.has_next) == (has_previous, has_next)


@pytest.mark.parametrize(
    ("arguments", "refusal", "message"),
    [
        ({"first": 101}, TooManyItems, "first may be at most 100; page on with the cursor."),
        ({"last": 101}, TooManyItems, "last may be at most 100; page on with the cursor."),
        ({"first": -1}, InvalidInput, "first must not be negative."),
        ({"last": -1}, InvalidInput, "last must not be negative."),
        (
            {"first": 1, "last": 1},
            InvalidInput,
            "Page with first and after, or with last and before, not with both.",
        ),
        (
            {"first": 1, "before": place("a")},
            InvalidInput,
            "Page with first and after, or with last and before, not with both.",
        ),
        (
            {"after": Position("\ud800", LearnerId(1))},
            MalformedCursor,
            "This is no place in a gradebook.",
        ),
        (
            {"before": Position("a\0", LearnerId(1))},
            MalformedCursor,
            "This is no place in a gradebook.",
        ),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    course: StoredCourse,
    arguments: dict[str, object],
    refusal: type[GradingError],
    message: str,
    statements: list[str],
) -> None:
    statements.clear()

    with pytest.raises(refusal) as refused:
        await page_of(course, **arguments)

    assert refused.value.message == message
    assert statements == []


async def test_a_hundred_learners_are_a_page(course: StoredCourse) -> None:
    await enroll(course, [Learner(LearnerId(n), f"u{n:04}") for n in range(100, 221)])

    page = await page_of(course, first=100)

    assert (len(page.learners), page.has_next) == (100, True)
    assert len((await page_of(course)).learners) == 20
    assert await count_learners(context_of(), course) == GradebookCounts(126, 126)


async def test_learners_of_a_page_are_not_read_again(
    course: StoredCourse, statements: list[str]
) -> None:
    context = context_of()
    page = await read_page(context, course, PageRequest())
    statements.clear()

    for one in page.learners:
        assert await read_learner(context, one.learner.id) is one.learner
        assert await read_enrollment(context, course, one.learner.id) is one.enrollment

    assert statements == []


@pytest.mark.parametrize("size", [1, 2, 50])
async def test_a_page_with_its_grades_takes_the_same_statements_whatever_its_size(
    database: str, statements: list[str], size: int
) -> None:
    course = await publish_content()
    learner_ids = await enroll(course, 50)
    await record(course, learner_ids[0], {"exam_1": 1})
    context = context_of()
    statements.clear()

    page = await read_page(context, course, PageRequest(first=size))
    grades = await asyncio.gather(
        *(course_grades.read(context, course, one.learner.id) for one in page.learners)
    )
    await asyncio.gather(
        *(course_grades.read_breakdown(context, course, grade) for grade in grades)
    )
    await count_learners(context, course)

    assert len(grades) == size
    assert len(statements) == 4
