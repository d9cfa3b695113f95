"""The state of a grade is known from its enrollment, and whether what was read is as new."""

import asyncio

import pytest

from db.courses import StoredCourse
from grading import LearnerId
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.grade_states import GradeState, grade_states
from resolvers.loaders import Enrolled
from tests.factories import (
    COURSE,
    LEARNER,
    STAFF,
    context_of,
    enroll,
    publish_content,
    record,
)

ADA = LearnerId(1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 2)
    return course


async def state(
    context: Context, course: StoredCourse, *, parts_only: bool = False
) -> GradeState | None:
    (found,) = grade_states(context, [Enrolled(course, ADA)], parts_only=parts_only)
    return found


async def revision(course: StoredCourse) -> int:
    enrollment = await context_of(STAFF).loaders.enrollment.load(Enrolled(course, ADA))
    assert enrollment is not None
    return enrollment.revision


async def test_nothing_is_read_for_it(course: StoredCourse) -> None:
    context = context_of(STAFF)
    assert await state(context, course) is None
    await context.loaders.enrollment.load(Enrolled(course, ADA))
    assert await state(context, course) == GradeState(Enrolled(course, ADA), 0, keepable=True)


@pytest.mark.parametrize("viewer", [LEARNER, Viewer("x", enrolled_in=frozenset({COURSE}))])
async def test_who_does_not_see_everything_has_none(course: StoredCourse, viewer: Viewer) -> None:
    context = context_of(viewer)
    await context.loaders.enrollment.load(Enrolled(course, ADA))
    assert await state(context, course) is None


async def test_every_change_makes_another_revision(course: StoredCourse) -> None:
    seen = [await revision(course)]
    for earned in (0.5, 0.75, 0.75):
        await record(course, ADA, {"hw1_1": earned})
        seen.append(await revision(course))
    assert seen == [0, 1, 2, 2]


async def test_what_was_read_before_the_revision_is_told(course: StoredCourse) -> None:
    context = context_of(STAFF)
    await context.loaders.course_grade.load(Enrolled(course, ADA))
    await context.loaders.enrollment.load(Enrolled(course, ADA))

    whole = await state(context, course)
    parts = await state(context, course, parts_only=True)

    assert whole is not None
    assert parts is not None
    assert (whole.keepable, parts.keepable) == (False, True)


async def test_so_is_what_was_asked_for_while_the_revision_was_read(course: StoredCourse) -> None:
    context = context_of(STAFF)
    loaders, ada = context.loaders, Enrolled(course, ADA)
    await asyncio.gather(loaders.enrollment.load(ada), loaders.subsection_grades.load(ada))

    found = await state(context, course, parts_only=True)

    assert found is not None
    assert not found.keepable


async def test_what_was_read_after_the_revision_is_as_new(course: StoredCourse) -> None:
    context = context_of(STAFF)
    loaders, ada = context.loaders, Enrolled(course, ADA)
    await loaders.enrollment.load(ada)
    await asyncio.gather(loaders.course_grade.load(ada), loaders.subsection_grades.load(ada))

    found = await state(context, course)

    assert found is not None
    assert found.keepable
