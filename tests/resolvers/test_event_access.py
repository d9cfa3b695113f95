"""Whose events a viewer may ask for, and what is left of what they ask."""

from typing import Final

import pytest

from db.courses import StoredCourse
from db.event_log import ALL_EVENTS, EventFilter
from grading import CourseKey, Forbidden, InvalidInput, LearnerId
from resolvers.access import ANONYMOUS, Scope, ServiceGrant, Viewer
from resolvers.event_access import permitted_filter
from tests.factories import COURSE, STAFF, content_of, context_of, publish_content

OTHER: Final = CourseKey("course-v1:Other+Course+2026")
THIRD: Final = CourseKey("course-v1:Other+Third+2026")
ADA, BEA = LearnerId(1), LearnerId(2)
HERE, THERE, BOTH = frozenset({COURSE}), frozenset({OTHER}), frozenset({COURSE, OTHER})
LEARNER: Final = Viewer("ada", learner_id=ADA, enrolled_in=BOTH)
TEACHER: Final = Viewer("tess", learner_id=LearnerId(9), staff_of=BOTH)
# Teaches the first course, and learns in the second.
MIXED: Final = Viewer("mia", learner_id=ADA, staff_of=HERE, enrolled_in=THERE)


def service(*scopes: Scope, **where: object) -> Viewer:
    own = {"learner_id": ADA, "enrolled_in": BOTH} if where.get("own_only") else {}
    return Viewer("app", **own, service=ServiceGrant(frozenset(scopes), **where))  # type: ignore[arg-type]


@pytest.fixture
async def ids(database: str) -> tuple[int, int, int]:
    """The numbers of three courses."""
    courses: list[StoredCourse] = [
        await publish_content(content_of(course_key=key)) for key in (COURSE, OTHER, THIRD)
    ]
    return (courses[0].id, courses[1].id, courses[2].id)


Ids = tuple[int, int, int]


async def permitted(
    viewer: Viewer, courses: set[int] | None, learners: set[LearnerId] | None = None
) -> tuple[set[int] | None, set[LearnerId] | None]:
    asked = EventFilter(courses, learners)
    found = await permitted_filter(context_of(viewer), asked)
    return (
        None if found.course_ids is None else set(found.course_ids),
        None if found.learner_ids is None else set(found.learner_ids),
    )


async def test_who_may_see_everything_asks_for_everything(ids: Ids) -> None:
    for viewer in (STAFF, service(Scope.EVENTS_READ)):
        assert await permitted_filter(context_of(viewer), ALL_EVENTS) is ALL_EVENTS
        assert await permitted(viewer, {ids[0], ids[2]}, {BEA}) == ({ids[0], ids[2]}, {BEA})


async def test_staff_see_everybody_in_their_courses(ids: Ids) -> None:
    first, second, _ = ids

    assert await permitted(TEACHER, None) == ({first, second}, None)
    assert await permitted(TEACHER, set(ids)) == ({first, second}, None)
    assert await permitted(TEACHER, {first}, {ADA, BEA}) == ({first}, {ADA, BEA})


async def test_learners_see_themselves(ids: Ids) -> None:
    first, second, _ = ids

    for viewer in (LEARNER, service(*Scope, own_only=True)):
        assert await permitted(viewer, None) == ({first, second}, {ADA})
        assert await permitted(viewer, {first}) == ({first}, {ADA})
        assert await permitted(viewer, {first}, {ADA}) == ({first}, {ADA})
        # Somebody who is not there, or of whom they may not know.
        assert await permitted(viewer, {first}, set()) == ({first}, set())
        for learners in ({BEA}, {ADA, BEA}):
            with pytest.raises(Forbidden):
                await permitted(viewer, {first}, learners)


async def test_who_teaches_and_learns_says_which(ids: Ids) -> None:
    first, second, _ = ids

    assert await permitted(MIXED, {first}) == ({first}, None)
    assert await permitted(MIXED, {second}) == ({second}, {ADA})
    assert await permitted(MIXED, None, {ADA}) == ({first, second}, {ADA})
    assert await permitted(MIXED, None, {BEA}) == ({first}, {BEA})
    for courses in (None, {first, second}):
        with pytest.raises(InvalidInput):
            await permitted(MIXED, courses)


async def test_a_service_sees_the_courses_of_its_grant(ids: Ids) -> None:
    first, second, third = ids
    in_courses = service(Scope.EVENTS_READ, courses=HERE)
    in_organization = service(Scope.EVENTS_READ, organizations=frozenset({"Other"}))

    assert await permitted(in_courses, None) == ({first}, None)
    assert await permitted(in_organization, set(ids)) == ({second, third}, None)
    with pytest.raises(InvalidInput):
        await permitted(in_organization, None)


@pytest.mark.parametrize(
    "viewer",
    [
        ANONYMOUS,
        Viewer("stranger"),
        Viewer("stranger", learner_id=BEA),
        service(Scope.GRADES_READ),
        service(Scope.GRADES_READ, own_only=True),
        service(Scope.EVENTS_READ, courses=frozenset({THIRD})),
        service(),
    ],
)
async def test_who_may_see_none_is_refused(ids: Ids, viewer: Viewer) -> None:
    with pytest.raises(Forbidden):
        await permitted(viewer, {ids[0], ids[1]})


@pytest.mark.parametrize(
    "viewer", [ANONYMOUS, Viewer("stranger"), Viewer("stranger", learner_id=BEA), service()]
)
async def test_who_has_no_course_follows_nothing_for_ever(ids: Ids, viewer: Viewer) -> None:
    with pytest.raises(Forbidden):
        await permitted(viewer, None)


async def test_courses_that_are_not_there_have_no_events(ids: Ids) -> None:
    for viewer in (STAFF, TEACHER, LEARNER, service(Scope.GRADES_READ)):
        assert (await permitted(viewer, set()))[0] == set()
