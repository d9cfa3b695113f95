"""Viewers: what the database adds to what a token claims, when, and for how long."""

import asyncio

import pytest

from db.course_roles import CourseRole, delete_course_role, save_course_roles
from db.courses import StoredCourse
from db.enrollments import Enrollment, save_enrollments
from db.learners import Learner, save_learners
from grading import CourseKey, LearnerId
from resolvers import viewers
from resolvers.access import ANONYMOUS, UNNAMED, Scope, ServiceGrant, Viewer
from resolvers.context import Context
from resolvers.learners import own_learner
from resolvers.viewers import identify, identify_recently
from tests.factories import COURSE, NOW, clock_of, content_of, context_of, enroll, publish_content

OTHER = CourseKey("course-v1:Other+Course+2026")
ADA = LearnerId(1)
OWN = ServiceGrant(frozenset(Scope), own_only=True)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """A course with learner-001 in it, and another one that nobody learns in."""
    course = await publish_content()
    await publish_content(content_of(course_key=OTHER))
    await enroll(course)
    return course


async def test_a_person_is_known_by_name_or_by_id(course: StoredCourse) -> None:
    enrolled = frozenset({COURSE})

    by_name = await identify(Viewer("learner-001"))
    by_id = await identify(Viewer("another name", learner_id=ADA))
    by_id_alone = await identify(Viewer(UNNAMED, learner_id=ADA))

    assert by_name == Viewer("learner-001", learner_id=ADA, enrolled_in=enrolled)
    assert by_id == Viewer("another name", learner_id=ADA, enrolled_in=enrolled)
    assert by_id_alone == by_name


@pytest.mark.parametrize(
    "claimed", [Viewer("nobody"), Viewer("LEARNER-001"), Viewer("nobody", learner_id=LearnerId(77))]
)
async def test_who_is_nobody_here_gets_nothing(course: StoredCourse, claimed: Viewer) -> None:
    assert await identify(claimed) == claimed


@pytest.mark.parametrize(
    "claimed",
    [
        ANONYMOUS,
        Viewer("learner-001", global_staff=True),
        Viewer("learner-001", service=ServiceGrant(frozenset(Scope))),
        Viewer(UNNAMED),
        Viewer(UNNAMED, service=OWN),
    ],
)
async def test_who_needs_nothing_of_the_database_is_not_looked_up(
    course: StoredCourse, statements: list[str], claimed: Viewer
) -> None:
    await save_learners([Learner(LearnerId(5), UNNAMED)], now=NOW)
    statements.clear()

    assert await identify(claimed) == claimed
    assert await identify_recently(claimed) == claimed
    assert statements == []


async def test_a_person_is_looked_up_in_one_statement(
    course: StoredCourse, statements: list[str]
) -> None:
    statements.clear()

    await identify(Viewer("learner-001"))

    assert len(statements) == 1


@pytest.mark.parametrize("role", ["staff", "instructor"])
async def test_roles_make_staff_beside_those_of_the_token(course: StoredCourse, role: str) -> None:
    await save_course_roles([CourseRole(course.id, ADA, role)], now=NOW)

    found = await identify(Viewer("learner-001", staff_of=frozenset({OTHER})))

    assert found.staff_of == {COURSE, OTHER}


@pytest.mark.parametrize("role", ["beta_testers", "data_researcher", "limited_staff"])
async def test_other_roles_give_no_right(course: StoredCourse, role: str) -> None:
    await save_course_roles([CourseRole(course.id, ADA, role)], now=NOW)

    assert (await identify(Viewer("learner-001"))).staff_of == frozenset()


async def test_who_has_left_learns_there_no_longer(course: StoredCourse) -> None:
    await save_enrollments([Enrollment(course.id, ADA, active=False)], now=NOW)

    assert await identify(Viewer("learner-001")) == Viewer("learner-001", learner_id=ADA)


async def test_a_service_that_acts_for_somebody_is_the_learner_and_no_staff(
    course: StoredCourse,
) -> None:
    await save_course_roles([CourseRole(course.id, ADA, "staff")], now=NOW)
    enrolled = frozenset({COURSE})

    found = await identify(Viewer("learner-001", service=OWN))

    assert found == Viewer("learner-001", learner_id=ADA, enrolled_in=enrolled, service=OWN)


async def test_an_operation_begins_with_the_present_roles(course: StoredCourse) -> None:
    claimed = Viewer("learner-001")
    context = Context(claimed, clock_of(), claimed=claimed)
    before = await context.for_operation()
    await save_course_roles([CourseRole(course.id, ADA, "staff")], now=NOW)
    after = await context.for_operation()

    assert before.viewer.staff_of == frozenset()
    assert after.viewer.staff_of == {COURSE}


async def test_roles_that_are_a_moment_old_will_do_for_events(
    course: StoredCourse, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = Viewer("learner-001")
    role = CourseRole(course.id, ADA, "staff")
    await save_course_roles([role], now=NOW)
    statements.clear()

    at_once = await asyncio.gather(*(identify_recently(claimed) for _ in range(100)))
    assert len(statements) == 1
    await delete_course_role(role)
    a_moment_later = await identify_recently(claimed)
    monkeypatch.setattr(viewers, "RECENT", -1.0)  # the second is over
    later = await identify_recently(claimed)

    assert {one.staff_of for one in at_once} == {frozenset({COURSE})}
    assert a_moment_later.staff_of == {COURSE}
    assert later.staff_of == frozenset()


async def test_of_many_viewers_the_oldest_is_forgotten(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    monkeypatch.setattr(viewers, "_KEPT", 2)
    for name in ("learner-001", "two", "three"):
        await identify_recently(Viewer(name))
    statements.clear()

    await identify_recently(Viewer("three"))
    await identify_recently(Viewer("learner-001"))

    assert len(statements) == 1


async def test_global_staff_are_themselves_by_their_user_name(course: StoredCourse) -> None:
    staff = Viewer("learner-001", global_staff=True)
    by_id = Viewer("operator", global_staff=True, learner_id=ADA)

    assert [
        None if own is None else own.id
        for own in [
            await own_learner(context_of(staff)),
            await own_learner(context_of(by_id)),
            await own_learner(context_of(Viewer("operator", global_staff=True))),
            await own_learner(context_of(Viewer(UNNAMED, global_staff=True))),
            await own_learner(context_of(Viewer("learner-001", service=ServiceGrant(frozenset())))),
        ]
    ] == [ADA, ADA, None, None, None]
