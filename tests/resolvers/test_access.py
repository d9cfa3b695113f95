"""The rules of access: what viewers may see and change, and what a refusal gives away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from db.courses import StoredCourse
from grading import CourseKey, CourseNotFound, Forbidden, LearnerId
from resolvers import access, course_grades, courses, gradebook, learners, scores
from resolvers.access import ANONYMOUS, Reach, Scope, ServiceGrant, Viewer
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

NOWHERE: Final = CourseKey("course-v1:No+Such+Course")
ADA, BEA = LearnerId(1), LearnerId(2)
HERE: Final = frozenset({COURSE})
ORGANIZATION: Final = access.organization_of(COURSE)
LEARNER: Final = Viewer("learner-001", learner_id=ADA, enrolled_in=HERE)
TEACHER: Final = Viewer("tess", learner_id=LearnerId(9), staff_of=HERE)
LEARNING_TEACHER: Final = Viewer("lea", learner_id=BEA, staff_of=HERE, enrolled_in=HERE)
ELSEWHERE: Final = Viewer(
    "dan", learner_id=LearnerId(4), enrolled_in=frozenset({NOWHERE}), staff_of=frozenset({NOWHERE})
)

Rule = Callable[[Viewer], bool]

RULES: Final[dict[str, Rule]] = {
    "know the course": lambda one: access.may_know_course(one, COURSE),
    "read all grades": lambda one: access.may_read_all_grades(one, COURSE),
    "read Ada's grade": lambda one: access.may_read_grade(one, COURSE, ADA),
    "see hidden results": lambda one: access.sees_hidden_results(one, COURSE),
    "edit grades": lambda one: access.may_edit_grades(one, COURSE),
    "edit the course": lambda one: access.may_edit_course(one, COURSE),
    "follow all events": lambda one: access.may_follow_all_events(one, COURSE),
    "follow Ada's events": lambda one: access.may_follow_events(one, COURSE, ADA),
    "know Ada": lambda one: access.may_know_learner(one, COURSE, ADA),
    "know everybody": access.may_know_all_people,
    "see Ada's e-mail": lambda one: access.may_see_email(one, [COURSE]),
}
OWN: Final = {"know the course", "read Ada's grade", "follow Ada's events", "know Ada"}
READ: Final = {
    *("know the course", "read all grades", "read Ada's grade"),
    *("see hidden results", "know Ada", "know everybody"),
}
WRITE: Final = {"know the course", "edit grades", "know Ada", "know everybody"}
FOLLOW: Final = {
    *("know the course", "follow all events", "follow Ada's events"),
    *("know Ada", "know everybody"),
}
EVERYTHING: Final = set(RULES)


def service(*scopes: Scope, **where: object) -> Viewer:
    own_only = bool(where.get("own_only"))
    return Viewer(
        "service",
        learner_id=ADA if own_only else None,
        enrolled_in=HERE if own_only else frozenset(),
        service=ServiceGrant(frozenset(scopes), **where),  # type: ignore[arg-type]
    )


MAY: Final = [
    (ANONYMOUS, set()),
    (Viewer("stranger"), set()),
    (ELSEWHERE, set()),
    (LEARNER, OWN),
    (Viewer("bea", learner_id=BEA, enrolled_in=HERE), {"know the course"}),
    (Viewer("left", learner_id=ADA), set()),
    (TEACHER, EVERYTHING - {"know everybody"}),
    (LEARNING_TEACHER, EVERYTHING - {"know everybody"}),
    (STAFF, EVERYTHING),
    (service(Scope.GRADES_READ), READ),
    (service(Scope.GRADES_WRITE), WRITE),
    (service(Scope.COURSES_WRITE), {"know the course", "edit the course"}),
    (service(Scope.EVENTS_READ), FOLLOW),
    (service(*Scope), EVERYTHING - {"see Ada's e-mail"}),
    (service(), set()),
    (
        service(*Scope, organizations=frozenset({ORGANIZATION})),
        EVERYTHING - {"see Ada's e-mail", "know everybody"},
    ),
    (
        service(*Scope, courses=HERE, organizations=frozenset({"Else"})),
        EVERYTHING - {"see Ada's e-mail", "know everybody"},
    ),
    (service(*Scope, organizations=frozenset({"Else"})), set()),
    (service(*Scope, courses=frozenset({NOWHERE})), set()),
    (service(*Scope, own_only=True), OWN),
    (service(Scope.GRADES_READ, own_only=True), OWN - {"follow Ada's events"}),
    (service(Scope.GRADES_WRITE, own_only=True), {"know the course", "know Ada"}),
    (service(*Scope, own_only=True, organizations=frozenset({"Else"})), set()),
]


@pytest.mark.parametrize(("viewer", "may"), MAY, ids=range(len(MAY)))
def test_who_may_do_what(viewer: Viewer, may: set[str]) -> None:
    assert {name for name, rule in RULES.items() if rule(viewer)} == may


def test_a_service_acts_with_its_scopes_whatever_else_it_claims() -> None:
    reading = service(Scope.GRADES_READ)
    claiming = Viewer(
        "service", global_staff=True, staff_of=HERE, enrolled_in=HERE, service=reading.service
    )

    assert {name for name, rule in RULES.items() if rule(claiming)} == READ
    with pytest.raises(Forbidden):
        access.require_global_staff(claiming)


@pytest.mark.parametrize(
    ("key", "organization"),
    [
        ("course-v1:Acme+Heat+2026", "Acme"),
        ("course-v1:Acme.org+Heat+2026", "Acme.org"),
        ("course-v1:ACME+Heat+2026", "ACME"),
    ],
)
def test_a_course_key_begins_with_the_organisation(key: str, organization: str) -> None:
    assert access.organization_of(CourseKey(key)) == organization
    grant = ServiceGrant(frozenset(Scope), frozenset({"Acme"}))
    assert grant.covers(CourseKey(key)) is (organization == "Acme")


@pytest.mark.parametrize(
    ("viewer", "reach"),
    [
        (ANONYMOUS, Reach()),
        (LEARNER, Reach(keys=HERE)),
        (TEACHER, Reach(keys=HERE)),
        (STAFF, Reach(everywhere=True)),
        (service(Scope.EVENTS_READ), None),
        (service(Scope.GRADES_READ), Reach(everywhere=True)),
        (
            service(Scope.GRADES_READ, organizations=frozenset({"Acme"}), courses=HERE),
            Reach(keys=HERE, organizations=frozenset({"Acme"})),
        ),
        (service(Scope.GRADES_READ, own_only=True), Reach(keys=HERE)),
        (service(Scope.GRADES_READ, own_only=True, courses=frozenset({NOWHERE})), Reach()),
    ],
)
def test_where_a_viewer_may_see_any_grade(viewer: Viewer, reach: Reach | None) -> None:
    assert access.courses_with_grades(viewer) == reach


REQUIREMENTS: Final[dict[str, Callable[[Viewer], None]]] = {
    "read all grades": lambda one: access.require_all_grades_reader(one, COURSE),
    "read Ada's grade": lambda one: access.require_grades_reader(one, COURSE, ADA),
    "edit grades": lambda one: access.require_grades_editor(one, COURSE),
    "edit the course": lambda one: access.require_course_editor(one, COURSE),
}


@pytest.mark.parametrize("right", REQUIREMENTS)
@pytest.mark.parametrize(("viewer", "may"), MAY, ids=range(len(MAY)))
def test_only_who_knows_of_a_course_is_told_that_something_is_forbidden(
    right: str, viewer: Viewer, may: set[str]
) -> None:
    if right in may:
        REQUIREMENTS[right](viewer)
        return
    with pytest.raises(Forbidden if "know the course" in may else CourseNotFound):
        REQUIREMENTS[right](viewer)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course)
    await record(course, ADA, {"exam_1": 1})
    return course


@pytest.mark.parametrize("viewer", [ANONYMOUS, Viewer("stranger")])
async def test_who_may_not_know_of_a_course_does_not_find_it(
    course: StoredCourse, viewer: Viewer
) -> None:
    context = context_of(viewer)

    assert await courses.find_course(context, COURSE) is None
    assert await courses.find_course_by_id(context, course.id) is None
    assert await courses.find_courses(context, [COURSE]) == []
    for kind, name in (("user_id", "1"), ("username", "learner-001")):
        assert await learners.find_learner(context, LearnerRef(kind, name)) is None  # type: ignore[arg-type]


async def test_of_who_has_not_signed_in_nothing_is_looked_up(
    course: StoredCourse, statements: list[str]
) -> None:
    context = context_of(ANONYMOUS)
    statements.clear()

    await courses.find_course(context, COURSE)
    await courses.find_course_by_id(context, course.id)
    await learners.find_learner(context, LearnerRef("username", "learner-001"))

    # Not even the time that it takes tells whether there is one.
    assert statements == []


async def test_a_course_that_is_hidden_and_one_that_is_not_there_are_refused_alike(
    course: StoredCourse,
) -> None:
    with pytest.raises(CourseNotFound) as hidden:
        await courses.require_course(context_of(ELSEWHERE), COURSE)
    with pytest.raises(CourseNotFound) as missing:
        await courses.require_course(context_of(STAFF), NOWHERE)

    assert hidden.value.code == missing.value.code == "COURSE_NOT_FOUND"
    assert hidden.value.message == f"There is no course {COURSE}, or you may not know of it."
    assert missing.value.message == f"There is no course {NOWHERE}, or you may not know of it."


async def test_without_the_right_no_grade_is_read(
    course: StoredCourse, statements: list[str]
) -> None:
    context = context_of(ELSEWHERE)
    grade = await course_grades.read(context_of(), course, ADA)
    breakdown = await course_grades.read_breakdown(context_of(), course, grade)
    statements.clear()

    with pytest.raises(CourseNotFound):
        await course_grades.read(context, course, ADA)
    with pytest.raises(CourseNotFound):
        await course_grades.read_breakdown(context, course, grade)
    with pytest.raises(CourseNotFound):
        await read_problem_scores(context, breakdown, subsection_key("exam"))
    with pytest.raises(CourseNotFound):
        await gradebook.read_page(context, course, gradebook.PageRequest())
    assert statements == []


async def test_without_the_right_nothing_is_written(
    course: StoredCourse, statements: list[str]
) -> None:
    rows = await all_rows()
    statements.clear()

    for viewer, refusal in ((ELSEWHERE, CourseNotFound), (LEARNER, Forbidden)):
        context = context_of(viewer, now=NOW + timedelta(days=1))
        with pytest.raises(refusal):
            await course_grades.update(context, course, ADA, force=True)
        with pytest.raises(refusal):
            await anext(course_grades.iterate(context, course, force=True))
        with pytest.raises(refusal):
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
