import random

import pytest

from db.connection import dialect
from db.courses import StoredCourse
from db.enrollments import Enrollment, save_enrollments
from db.gradebook import (
    EnrolledLearner,
    GradebookCounts,
    GradebookOrder,
    OrderField,
    Position,
    Selected,
    gradebook_counts,
    gradebook_page,
)
from db.gradebook_filter import ALL_ACTIVE, GradebookFilter, NamedLearners
from db.learners import Learner
from db.sql import execute
from grading import CourseKey, LearnerId
from tests.db.gradebook_class import (
    ORDERS,
    Member,
    in_order,
    lets_through,
    random_class,
    random_filter,
)
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


def names_in(members: list[Member]) -> list[str]:
    return [one.learner.username for one in members]


async def paged(
    course: StoredCourse,
    wanted: GradebookFilter,
    order: GradebookOrder,
    size: int,
    *,
    backwards: bool = False,
) -> list[str]:
    """Return everybody's name, read page by page."""
    found: list[str] = []
    beyond: Position | None = None
    while page := await gradebook_page(
        course, wanted=wanted, order=order, limit=size, beyond=beyond, backwards=backwards
    ):
        found = names_of(page) + found if backwards else found + names_of(page)
        beyond = page[0 if backwards else -1].place
    return found


async def test_the_gradebook_is_ordered_by_user_name(course: StoredCourse) -> None:
    await enroll_by_name(course, NAMES)

    assert names_of(await gradebook_page(course, limit=100)) == IN_ORDER
    assert names_of(await gradebook_page(course, limit=100, backwards=True)) == IN_ORDER


@pytest.mark.parametrize("size", [1, 5, 6, 12, 13])
async def test_pages_forwards_hold_everybody_once(course: StoredCourse, size: int) -> None:
    await enroll_by_name(course, NAMES)
    found: list[str] = []
    beyond = None

    while page := await gradebook_page(course, limit=size, beyond=beyond):
        found += names_of(page)
        beyond = page[-1].place

    assert found == IN_ORDER


@pytest.mark.parametrize("size", [1, 5, 6, 12, 13])
async def test_pages_backwards_hold_everybody_once(course: StoredCourse, size: int) -> None:
    await enroll_by_name(course, NAMES)
    found: list[str] = []
    beyond = None

    while page := await gradebook_page(course, limit=size, beyond=beyond, backwards=True):
        found = names_of(page) + found
        beyond = page[0].place

    assert found == IN_ORDER


async def test_who_comes_in_between_moves_nobody_else(course: StoredCourse) -> None:
    await enroll_by_name(course, ["b", "d", "f", "h"])
    first = await gradebook_page(course, limit=2)

    await enroll_by_name(course, ["a", "c", "e", "z"], first_id=50)

    rest = await gradebook_page(course, limit=10, beyond=first[-1].place)
    assert names_of(rest) == ["e", "f", "h", "z"]
    before = await gradebook_page(course, limit=2, beyond=rest[0].place, backwards=True)
    assert names_of(before) == ["c", "d"]


async def test_a_place_need_not_be_anybodys(course: StoredCourse) -> None:
    await enroll_by_name(course, ["b", "d"])

    for place, after, before in (
        (Position("c", LearnerId(1)), ["d"], ["b"]),
        (Position("b", LearnerId(99)), ["d"], ["b"]),
        (Position("", LearnerId(1)), ["b", "d"], []),
        (Position("\U0010ffff", LearnerId(1)), [], ["b", "d"]),
    ):
        assert names_of(await gradebook_page(course, limit=9, beyond=place)) == after
        page = await gradebook_page(course, limit=9, beyond=place, backwards=True)
        assert names_of(page) == before


async def test_another_course_has_a_gradebook_of_its_own(course: StoredCourse) -> None:
    other = await publish_content(content_of(course_key=CourseKey("course-v1:a+b+c")))
    await enroll_by_name(course, ["ada"])
    await enroll_by_name(other, ["bea"], first_id=2)

    assert names_of(await gradebook_page(course, limit=9)) == ["ada"]
    assert names_of(await gradebook_page(other, limit=9)) == ["bea"]


async def test_a_page_holds_learner_and_enrollment(course: StoredCourse) -> None:
    ada = Learner(LearnerId(7), "ada", "Ada", "ada@example.org", "sis-7")
    await enroll(course, [ada])
    enrollment = Enrollment(course.id, ada.id, mode="audit", cohort="A")
    await save_enrollments([enrollment], now=NOW)

    page = await gradebook_page(course, limit=9)

    assert page == [EnrolledLearner(ada, enrollment)]
    assert page[0].place == Position("ada", ada.id)


async def test_who_has_left_is_not_in_the_gradebook(course: StoredCourse) -> None:
    await enroll_by_name(course, ["ada", "bea"])
    await enroll(course, [Learner(LearnerId(9), "cyd")], active=False)

    assert names_of(await gradebook_page(course, limit=9)) == ["ada", "bea"]


@pytest.mark.parametrize("seed", range(3))
async def test_every_filter_and_order_is_what_plain_python_makes_of_it(
    course: StoredCourse, seed: int
) -> None:
    rng = random.Random(seed)
    members = await random_class(course, 60, rng)

    for _ in range(60):
        wanted, order = random_filter(members, rng), rng.choice(ORDERS)
        expected = in_order(order, [one for one in members if lets_through(wanted, one)])
        size = rng.choice((1, 3, 100)) if len(expected) < 20 else 7
        selected = Selected(course, wanted)

        assert await paged(course, wanted, order, size) == names_in(expected), (wanted, order)
        (counts,) = (await gradebook_counts([selected])).values()
        assert counts == (sum(one.enrollment.active for one in members), len(expected)), wanted


@pytest.mark.parametrize("order", ORDERS, ids=lambda one: f"{one.field}-{one.descending}")
@pytest.mark.parametrize("size", [1, 4, 59])
async def test_pages_of_any_order_hold_everybody_once_both_ways(
    course: StoredCourse, order: GradebookOrder, size: int
) -> None:
    members = await random_class(course, 60, random.Random(7))
    expected = names_in(in_order(order, [one for one in members if one.enrollment.active]))

    assert await paged(course, ALL_ACTIVE, order, size) == expected
    assert await paged(course, ALL_ACTIVE, order, size, backwards=True) == expected


@pytest.mark.parametrize("order", ORDERS[:4], ids=lambda one: f"{one.field}-{one.descending}")
async def test_a_database_of_another_collation_has_the_same_order(
    course: StoredCourse, order: GradebookOrder
) -> None:
    if dialect() == "sqlite":
        pytest.skip("not applicable: SQLite compares code points")
    for column in ("username", "full_name"):
        await execute(f'alter table learner alter {column} type varchar(255) collate "und-x-icu"')
    members = await random_class(course, 60, random.Random(7))
    expected = names_in(in_order(order, [one for one in members if one.enrollment.active]))

    assert await paged(course, ALL_ACTIVE, order, 4) == expected


async def test_counts_are_of_one_statement_each(
    course: StoredCourse, statements: list[str]
) -> None:
    await random_class(course, 10, random.Random(1))
    everybody = Selected(course, GradebookFilter(include_inactive=True))
    nobody = Selected(course, GradebookFilter(learners=NamedLearners()))
    statements.clear()

    found = await gradebook_counts([Selected(course), everybody, nobody])

    assert len(statements) == 3
    active = found[Selected(course)].total
    assert found == {
        Selected(course): GradebookCounts(active, active),
        everybody: GradebookCounts(active, 10),
        nobody: GradebookCounts(active, 0),
    }


async def test_who_is_enrolled_elsewhere_is_not_counted(course: StoredCourse) -> None:
    other = await publish_content(content_of(course_key=CourseKey("course-v1:a+b+c")))
    await enroll_by_name(course, ["ada"])
    await enroll_by_name(other, ["ada", "bea"])
    named = NamedLearners(usernames=frozenset({"ada", "bea"}))

    page = await gradebook_page(course, wanted=GradebookFilter(learners=named), limit=9)

    assert names_of(page) == ["ada"]


def test_every_order_is_tried() -> None:
    assert {order.field for order in ORDERS} == set(OrderField)
    assert len(ORDERS) == 2 * len(OrderField)
