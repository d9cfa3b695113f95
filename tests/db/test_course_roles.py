"""Roles in courses, stored."""

from db.course_roles import (
    CourseRole,
    course_roles,
    delete_course_role,
    save_course_roles,
    standing_of_id,
    standing_of_username,
)
from grading import CourseKey, LearnerId
from tests.factories import COURSE, NOW, content_of, enroll, publish_content

ADA, BEA = LearnerId(1), LearnerId(2)
OTHER = CourseKey("course-v1:Other+Course+2026")


async def test_roles_are_given_once_and_taken_away_once(database: str) -> None:
    course = await publish_content()
    await enroll(course, 2)
    staff, tester = CourseRole(course.id, ADA, "staff"), CourseRole(course.id, ADA, "beta_testers")

    await save_course_roles([staff, tester, staff], now=NOW)
    await save_course_roles([staff], now=NOW)

    assert await course_roles([course.id], [ADA, BEA]) == {staff, tester}
    assert await course_roles([course.id], [BEA]) == set()
    assert await delete_course_role(staff) is True
    assert await delete_course_role(staff) is False
    assert await course_roles([course.id], [ADA]) == {tester}


async def test_a_standing_is_the_person_with_courses_and_roles(database: str) -> None:
    course = await publish_content()
    other = await publish_content(content_of(course_key=OTHER))
    await enroll(course, 2)
    await enroll(other, 1, active=False)
    roles = [CourseRole(other.id, ADA, "staff"), CourseRole(other.id, ADA, "instructor")]
    await save_course_roles([*roles, CourseRole(course.id, BEA, "staff")], now=NOW)

    by_name, by_id = await standing_of_username("learner-001"), await standing_of_id(ADA)

    assert by_name == by_id
    assert by_name is not None
    assert by_name.learner.id == ADA
    assert by_name.enrolled_in == {COURSE}
    assert by_name.roles == {OTHER: {"staff", "instructor"}}
    assert await standing_of_username("nobody") is None
    assert await standing_of_id(LearnerId(77)) is None
