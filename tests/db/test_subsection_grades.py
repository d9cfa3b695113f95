from datetime import timedelta

import pytest

from db.courses import StoredCourse
from db.sql import fetch, id_array
from db.subsection_grades import (
    subsection_grades,
    subsection_grades_in,
    subsection_grades_query,
)
from grading import LearnerId, SubsectionGrade, Total
from tests.factories import NOW, content_of, enroll, publish_content, subsection, subsection_key
from tests.saving import save_subsection_grades

ADA = LearnerId(1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 2)
    return course


def grade(course: StoredCourse, name: str = "hw1", earned: float = 1.0) -> SubsectionGrade:
    return SubsectionGrade(
        subsection_key(name),
        Total(earned, 2.0, NOW),
        Total(earned / 3, 2.0, NOW),
        visible_blocks_hash="h" * 28,
        course_version=course.content.version,
        version=1,
        last_updated=NOW,
    )


@pytest.mark.parametrize("earned", [0.1 + 0.2, 5e-324, 1e12, 1e300, 0.0])
async def test_a_grade_is_read_back_bit_for_bit(course: StoredCourse, earned: float) -> None:
    stored = grade(course, earned=earned)
    await save_subsection_grades(course, [(ADA, stored)])

    found = await subsection_grades([course], [ADA])

    assert found == {(course.id, ADA): {stored.usage_key: stored}}
    read = found[course.id, ADA][stored.usage_key]
    assert read.computed_all_total.earned.hex() == earned.hex()
    assert read.computed_graded_total.earned.hex() == (earned / 3).hex()


async def test_a_grade_without_an_attempt_is_read_back(course: StoredCourse) -> None:
    stored = grade(course)._replace(
        computed_all_total=Total(0.0, 2.0), computed_graded_total=Total(0.0, 2.0)
    )
    await save_subsection_grades(course, [(ADA, stored)])

    assert await subsection_grades([course], [ADA]) == {
        (course.id, ADA): {stored.usage_key: stored}
    }


async def test_a_grade_takes_the_place_of_the_earlier_one(course: StoredCourse) -> None:
    await save_subsection_grades(course, [(ADA, grade(course))])
    second = await publish_content(content_of([subsection("hw1", "Homework")]))
    again = grade(second, earned=2.0)._replace(
        version=2, last_updated=NOW + timedelta(microseconds=1)
    )

    await save_subsection_grades(second, [(ADA, again)])

    assert await subsection_grades([second], [ADA]) == {(course.id, ADA): {again.usage_key: again}}
    assert await fetch("select count(*) from subsection_grade") == [(1,)]


async def test_grades_of_subsections_that_are_gone_are_kept(course: StoredCourse) -> None:
    stored = grade(course)
    await save_subsection_grades(course, [(ADA, stored)])

    without = await publish_content(content_of([subsection("exam", "Exam")]))

    assert await subsection_grades([without], [ADA]) == {
        (course.id, ADA): {stored.usage_key: stored}
    }


async def test_a_learner_without_grades_is_left_out(course: StoredCourse) -> None:
    await save_subsection_grades(
        course, [(ADA, grade(course)), (ADA, grade(course, "exam")), (LearnerId(2), grade(course))]
    )

    found = await subsection_grades([course], [ADA, LearnerId(3)])

    assert {place: set(grades) for place, grades in found.items()} == {
        (course.id, ADA): {subsection_key("hw1"), subsection_key("exam")}
    }


async def test_a_learner_with_grades_of_unknown_subsections_only_is_left_out(
    course: StoredCourse,
) -> None:
    newer = await publish_content(content_of([subsection("new", "Homework")]))
    await save_subsection_grades(newer, [(ADA, grade(newer, "new"))])

    assert await subsection_grades([course], [ADA]) == {}


async def test_grades_may_come_in_any_order(course: StoredCourse) -> None:
    learners = [ADA, LearnerId(2)]
    await save_subsection_grades(
        course, [(one, grade(course, name)) for one in learners for name in ("hw1", "exam")]
    )
    rows = await fetch(subsection_grades_query(), id_array([course.id]), id_array(learners))
    of_ada, of_the_other = ([row for row in rows if row[1] == one] for one in learners)
    mixed = [row for pair in zip(of_ada, of_the_other, strict=True) for row in pair]

    assert subsection_grades_in(mixed, [course]) == {
        (course.id, one): {subsection_key(name): grade(course, name) for name in ("hw1", "exam")}
        for one in learners
    }
