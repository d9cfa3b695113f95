from collections.abc import Mapping

import pytest

from db.courses import StoredCourse, publish
from db.learners import Learner, save_learners
from grading import CourseKey, LearnerId, LearnerNotFound
from resolvers.course_grades import read
from resolvers.courses import find_course
from resolvers.grade_lookahead import look_ahead
from resolvers.learner_ref import LearnerRef
from resolvers.learners import find_learner, read_learner
from tests.factories import COURSE, NOW, content_of, context_of, enroll, publish_content, record

OTHER = CourseKey("course-v1:Acme+Other+2026")
UNKNOWN = CourseKey("course-v1:Acme+Unknown+2026")
NAMES: Mapping[str, LearnerRef] = {
    "id": LearnerRef("user_id", "7"),
    "username": LearnerRef("username", "grace"),
    "external": LearnerRef("external_user_key", "NAVY-1"),
}


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await publish(content_of(course_key=OTHER), now=NOW)
    await enroll(course, 7)
    grace = Learner(LearnerId(7), "grace", external_user_key="NAVY-1")
    await save_learners([grace], now=NOW)
    await record(course, LearnerId(7), {"exam_1": 0.5})
    return course


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("keys", [[COURSE], [COURSE, OTHER, UNKNOWN]])
async def test_a_grade_is_looked_up_by_any_name_in_one_statement(
    course: StoredCourse, statements: list[str], keys: list[CourseKey], kind: str
) -> None:
    context = context_of()
    await look_ahead(context_of(), keys, [NAMES[kind]])  # the content of the courses is kept
    statements.clear()

    await look_ahead(context, keys, [NAMES[kind]])
    assert len(statements) == 1
    found = [await find_course(context, key) for key in keys]
    learner = await find_learner(context, NAMES[kind], course)
    grades = [await read(context, one, LearnerId(7)) for one in found if one is not None]

    assert len(statements) == 1
    assert [one and one.key for one in found] == [*keys[:2], *([None] if len(keys) > 2 else [])]
    assert learner == Learner(LearnerId(7), "grace", external_user_key="NAVY-1")
    assert [grade.percent for grade in grades] == [0.3, 0.0][: len(grades)]


@pytest.mark.parametrize("ref", [LearnerRef("username", "nobody"), LearnerRef("user_id", "99")])
async def test_nobody_is_looked_up_with_the_course(
    course: StoredCourse, statements: list[str], ref: LearnerRef
) -> None:
    context = context_of()

    await look_ahead(context, [COURSE], [ref])

    assert await find_course(context, COURSE) is not None
    assert await find_learner(context, ref, course) is None
    with pytest.raises(LearnerNotFound):
        await read_learner(context, LearnerId(99))


@pytest.mark.parametrize(
    "ref", [LearnerRef("username", "a\0b"), LearnerRef("user_id", "seven"), None]
)
async def test_a_name_that_nobody_can_have_is_not_looked_up(
    course: StoredCourse, statements: list[str], ref: LearnerRef | None
) -> None:
    statements.clear()

    await look_ahead(context_of(), [COURSE], [ref])

    assert statements == []


async def test_one_learner_may_be_named_in_several_ways_at_once(
    course: StoredCourse, statements: list[str]
) -> None:
    context = context_of()
    refs = [*NAMES.values(), LearnerRef("user_id", "007"), LearnerRef("username", "nobody")]

    await look_ahead(context, [COURSE], refs)
    statements.clear()

    again = await find_course(context, COURSE)
    found = [await find_learner(context, ref, again) for ref in refs]
    assert again is not None
    assert [one and one.id for one in found] == [7, 7, 7, 7, None]
    assert statements == []


async def test_what_was_looked_up_is_forgotten_with_the_rest(course: StoredCourse) -> None:
    context = context_of()
    await look_ahead(context, [COURSE], [NAMES["username"]])
    await record(course, LearnerId(7), {"exam_1": 1})
    context.forget_reads()

    await look_ahead(context, [COURSE], [NAMES["username"]])

    again = await find_course(context, COURSE)
    assert again is not None
    assert (await read(context, again, LearnerId(7))).percent == 0.6
