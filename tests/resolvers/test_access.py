from datetime import timedelta

import pytest

from db.courses import StoredCourse
from grading import CourseKey, CourseNotFound, LearnerId
from resolvers import course_grades, courses, gradebook, learners, scores
from resolvers.access import ANONYMOUS, Viewer
from resolvers.learners import LearnerRef
from resolvers.subsection_grades import read_problem_scores
from tests.factories import (
    COURSE,
    NOW,
    STAFF,
    context_of,
    enroll,
    publish_content,
    record,
    request,
    subsection_key,
)
from tests.resolvers.test_read import all_rows

NOWHERE = CourseKey("course-v1:No+Such+Course")
ADA = LearnerId(1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course)
    await record(course, ADA, {"exam_1": 1})
    return course


@pytest.mark.parametrize("viewer", [ANONYMOUS])
async def test_who_may_not_know_of_a_course_does_not_find_it(
    course: StoredCourse, viewer: Viewer, statements: list[str]
) -> None:
    context = context_of(viewer)
    statements.clear()

    assert await courses.find_course(context, COURSE) is None
    assert await courses.find_course_by_id(context, course.id) is None
    assert await courses.find_courses(context, [COURSE]) == []
    for kind in ("user_id", "username", "external_user_key"):
        assert await learners.find_learner(context, LearnerRef(kind, "1")) is None
    # Not even the time that it takes tells whether there is one.
    assert statements == []


async def test_a_course_that_is_hidden_and_one_that_is_not_there_are_refused_alike(
    course: StoredCourse,
) -> None:
    with pytest.raises(CourseNotFound) as hidden:
        await courses.require_course(context_of(ANONYMOUS), COURSE)
    with pytest.raises(CourseNotFound) as missing:
        await courses.require_course(context_of(STAFF), NOWHERE)

    assert hidden.value.code == missing.value.code == "COURSE_NOT_FOUND"
    assert hidden.value.message == f"There is no course {COURSE}, or you may not know of it."
    assert missing.value.message == f"There is no course {NOWHERE}, or you may not know of it."


async def test_without_the_right_no_grade_is_read(
    course: StoredCourse, statements: list[str]
) -> None:
    context = context_of(ANONYMOUS)
    grade = await course_grades.read(context_of(), course, ADA)
    statements.clear()

    with pytest.raises(CourseNotFound):
        await course_grades.read(context, course, ADA)
    with pytest.raises(CourseNotFound):
        await course_grades.read_breakdown(context, course, grade)
    with pytest.raises(CourseNotFound):
        await read_problem_scores(context, course, ADA, subsection_key("exam"))
    with pytest.raises(CourseNotFound):
        await gradebook.read_page(context, course, gradebook.PageRequest())
    with pytest.raises(CourseNotFound):
        await gradebook.count_learners(context, course)
    assert statements == []


async def test_without_the_right_nothing_is_written(
    course: StoredCourse, statements: list[str]
) -> None:
    context = context_of(ANONYMOUS, now=NOW + timedelta(days=1))
    rows = await all_rows()
    statements.clear()

    with pytest.raises(CourseNotFound):
        await course_grades.update(context, course, ADA, force=True)
    with pytest.raises(CourseNotFound):
        await course_grades.update_many(context, course, [ADA], force=True)
    with pytest.raises(CourseNotFound):
        await anext(course_grades.iterate(context, course, force=True))
    with pytest.raises(CourseNotFound):
        await scores.record(context, course, [request(ADA, "exam_1", 0)])
    assert statements == []
    assert await all_rows() == rows


async def test_staff_find_courses_by_key_and_number(course: StoredCourse) -> None:
    context = context_of()

    by_key = await courses.find_course(context, COURSE)

    assert by_key is not None
    assert (by_key.id, by_key.content) == (course.id, course.content)
    assert await courses.find_course_by_id(context, course.id) is by_key
    assert await courses.find_course_by_id(context, 4711) is None
    assert await courses.find_courses(context, [NOWHERE, COURSE]) == [by_key]
    assert await courses.require_course(context, COURSE) is by_key
