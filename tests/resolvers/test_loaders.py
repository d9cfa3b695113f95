import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextvars import copy_context

import pytest

from db.connection import in_a_transaction
from db.course_grades import course_grades
from db.courses import StoredCourse
from db.learners import Learner, save_learners
from db.sql import execute
from db.transaction import transaction
from grading import CourseKey, LearnerId
from resolvers.batch_loader import BatchLoader
from resolvers.learners import LearnerRef, find_learner
from resolvers.loaders import Enrolled, Loaders, PastVersion
from tests.factories import (
    COURSE,
    NOW,
    content_of,
    context_of,
    enroll,
    publish_content,
    record,
    subsection,
)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    for learner_id in (await enroll(course, 50))[:10]:
        await record(course, learner_id, {"exam_1": 0.5})
    return course


@pytest.mark.parametrize("number", [1, 2, 50])
async def test_a_batch_is_one_statement_of_any_number_of_learners(
    course: StoredCourse, statements: list[str], number: int
) -> None:
    loaders = Loaders()
    enrolled = [Enrolled(course, LearnerId(n)) for n in range(1, number + 1)]
    names = [f"learner-{n:03}" for n in range(1, number + 1)]
    statements.clear()

    pending: list[Awaitable[Sequence[object]]] = [
        loaders.learner.load_many([one.learner_id for one in enrolled]),
        loaders.learner_by_username.load_many(names),
        loaders.learner_by_external_user_key.load_many(names),
        loaders.enrollment.load_many(enrolled),
        loaders.course_grade.load_many(enrolled),
        loaders.subsection_grades.load_many(enrolled),
        loaders.recorded_scores.load_many(enrolled),
    ]
    batches = [await one for one in pending]

    assert len(statements) == 7
    graded = min(number, 10)
    assert [number - batch.count(None) for batch in batches] == [
        *(number, number, 0, number),
        *(graded, graded, graded),
    ]


async def test_values_come_in_the_order_of_their_keys(course: StoredCourse) -> None:
    loaders = Loaders()

    found = await loaders.learner.load_many([LearnerId(number) for number in (3, 99, 1, 3)])

    assert [one and one.id for one in found] == [3, None, 1, 3]


async def test_learners_of_several_courses_come_in_one_statement(
    course: StoredCourse, statements: list[str]
) -> None:
    other = await publish_content(content_of(course_key=CourseKey("course-v1:a+b+c")))
    await enroll(other)
    await record(other, LearnerId(1), {"exam_1": 1})
    loaders = Loaders()
    statements.clear()

    grades = await loaders.course_grade.load_many(
        [Enrolled(one, LearnerId(number)) for one in (course, other) for number in (1, 2)]
    )

    assert [grade and grade.percent for grade in grades] == [0.3, 0.3, 0.6, None]
    assert len(statements) == 1


async def test_courses_are_read_by_key_number_and_name_of_the_version(
    course: StoredCourse, statements: list[str]
) -> None:
    await publish_content(content_of([subsection("exam", "Exam")]))
    loaders = Loaders()
    statements.clear()

    by_key, by_number, past = await asyncio.gather(
        loaders.course.load(COURSE),
        loaders.course_by_id.load(course.id),
        loaders.past_version.load(PastVersion(course.id, course.content.version)),
    )

    assert by_key is not None
    assert by_key is by_number
    assert past is not None
    assert past.content == course.content
    assert by_key.content != course.content
    assert await loaders.past_version.load(PastVersion(course.id, "unheard of")) is None


async def test_a_batch_never_runs_inside_a_callers_transaction(database: str) -> None:
    context = context_of()
    ada = LearnerRef("username", "ada")

    async def enroll_in_vain() -> None:
        async with transaction():
            await save_learners([Learner(LearnerId(7), "ada")], now=NOW)
            assert in_a_transaction()
            assert await find_learner(context, ada) is None
            raise KeyError

    with pytest.raises(KeyError):
        await enroll_in_vain()
    context.forget_reads()
    assert await find_learner(context, ada) is None


async def test_what_others_ask_for_with_one_in_a_transaction_is_read_outside_of_it(
    course: StoredCourse,
) -> None:
    loaders = Loaders()
    seen: list[bool] = []

    async def inside(keys: list[int]) -> Mapping[int, int]:
        seen.append(in_a_transaction())
        return {key: key for key in keys}

    loader = BatchLoader(inside, copy_context())

    async def write_and_load() -> None:
        async with transaction():
            await execute("update course_grade set percent = 0.9, unrounded = 0.9")
            ours = await course_grades([course.id], [LearnerId(1)])
            assert ours[course.id, LearnerId(1)].percent == 0.9
            first, _ = await asyncio.gather(
                loaders.course_grade.load(Enrolled(course, LearnerId(1))), loader.load(1)
            )
            assert first is not None
            assert first.percent == 0.3
            raise KeyError

    with pytest.raises(KeyError):
        await write_and_load()
    assert seen == [False]


async def test_what_was_read_is_forgotten_when_asked(
    course: StoredCourse, statements: list[str]
) -> None:
    loaders = Loaders()
    key = Enrolled(course, LearnerId(1))
    await loaders.course_grade.load(key)
    await record(course, LearnerId(1), {"exam_1": 1})
    statements.clear()

    stale = await loaders.course_grade.load(key)
    assert stale is not None
    assert (stale.percent, statements) == (0.3, [])
    loaders.forget()
    fresh = await loaders.course_grade.load(key)

    assert fresh is not None
    assert fresh.percent == 0.6


async def test_operations_share_nothing_that_was_read(course: StoredCourse) -> None:
    context = context_of()

    other = await context.for_operation()

    assert other.loaders is not context.loaders
    assert (other.viewer, other.request_id, other.now) == (
        context.viewer,
        context.request_id,
        context.now,
    )


async def test_a_batch_that_fails_may_be_tried_again() -> None:
    tries = []

    async def read(keys: list[int]) -> Mapping[int, int]:
        tries.append(keys)
        if len(tries) == 1:
            raise KeyError("lost")
        return {key: key for key in keys}

    loader = BatchLoader(read, copy_context())

    with pytest.raises(KeyError):
        await loader.load(1)
    loader.clear(1)
    assert await loader.load(1) == 1
    assert tries == [[1], [1]]


async def test_what_is_found_elsewhere_is_at_hand_but_for_what_was_asked_for() -> None:
    batches: list[list[int]] = []

    async def read(keys: list[int]) -> dict[int, str]:
        batches.append(keys)
        return dict.fromkeys(keys, "read")

    loader = BatchLoader(read, copy_context())
    await loader.load(1)
    being_read = loader.load(2)

    loader.prime_all({1: "found", 2: "found", 3: "found"})

    assert await loader.load_many([1, 2, 3]) == ["read", "read", "found"]
    assert await being_read == "read"
    assert batches == [[1], [2]]
    _, tick = loader.at_hand(3)
    assert [loader.was_asked_before(tick, key) for key in (1, 2, 3)] == [True, True, False]
