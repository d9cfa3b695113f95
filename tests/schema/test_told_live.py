"""Who is told of whose events while they happen: one stream of events, and everybody on it."""

from contextlib import AsyncExitStack, aclosing

import pytest

from db.course_roles import CourseRole, delete_course_role
from db.courses import StoredCourse
from schema import schema
from tests.events.waiting import until
from tests.schema import people
from tests.schema.following import Following, Live, live
from tests.schema.heat import COURSE_KEY
from tests.schema.people import (
    ADA_HERSELF,
    BEA_HERSELF,
    TESS,
    WATCHERS,
    about,
    both_courses,
    context_of,
)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """Heat, beside Cold."""
    return await both_courses()


async def joined(stack: AsyncExitStack, stream: Live, who: str, document: str) -> Following:
    """Have somebody follow until the stack is closed."""
    before = stream.stream.followers
    results = await schema.stream(about(document), {}, context_of(who, stream.stream))
    await stack.enter_async_context(aclosing(results))
    following = Following(results)
    stack.push_async_callback(following.leave)
    await until(lambda: stream.stream.followers > before)
    return following


async def names(following: Following, count: int) -> list[str]:
    return [event["learner"]["username"] for event in await following.several(count)]


CHANGES = "subscription { courseGradeChanged(courseKey: $COURSE) { learner { username } } }"


async def test_everybody_is_told_what_is_theirs_to_know_and_nothing_else(
    course: StoredCourse,
) -> None:
    everybody = sorted(WATCHERS | ADA_HERSELF | BEA_HERSELF)
    async with live() as stream, AsyncExitStack() as stack:
        following = {who: await joined(stack, stream, who, CHANGES) for who in everybody}
        for hour, points in enumerate((9, 10), 1):
            await stream.record("ada", "p6", points, 10, hour=hour)
            await stream.record("bea", "p6", points, 10, hour=hour)
        expected = {
            who: ["ada", "ada"]
            if who in ADA_HERSELF
            else ["bea", "bea"]
            if who in BEA_HERSELF
            else ["ada", "bea"] * 2
            for who in everybody
        }

        told = {who: await names(following[who], len(expected[who])) for who in everybody}

    assert told == expected


async def test_whoever_names_another_learner_is_not_told_whether_there_is_one(
    course: StoredCourse,
) -> None:
    document = (
        "subscription { courseGradeChanged(courseKey: $COURSE, learner: {userId: $LEARNER})"
        " { id } }"
    )
    async with live() as stream:
        refusals = set()
        for learner in (11, 13, 14, 999):
            results = await schema.stream(
                about(document, learner=learner), {}, context_of("classmate", stream.stream)
            )
            async with aclosing(results):
                (error,) = (await anext(results)).errors or []
            refusals.add((str(error.extensions), error.message.replace(str(learner), "N")))

    assert refusals == {
        ("{'code': 'LEARNER_NOT_FOUND'}", "There is no learner whose userId is 'N'.")
    }


async def test_who_loses_a_role_is_told_nothing_more(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.viewers.RECENT", -1.0)  # the second is over
    async with live() as stream, AsyncExitStack() as stack:
        staff = await joined(stack, stream, "staff", CHANGES)
        await stream.record("ada", "p6", 9, 10, hour=1)
        seen = await names(staff, 1)
        await delete_course_role(CourseRole(course.id, TESS.id, "staff"))
        await stream.record("ada", "p6", 10, 10, hour=2)

        refusal = await staff.refusal()

    assert seen == ["ada"]
    assert refusal == (
        "COURSE_NOT_FOUND",
        f"There is no course {COURSE_KEY}, or you may not know of it.",
    )


async def test_of_staff_who_share_an_event_nobody_is_shown_anothers_own_grade(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = (
        "subscription { courseGradeChanged(courseKey: $COURSE) { course { courseGrade { percent } }"
        " } }"
    )
    for name, more in (("ada", {}), ("bea", {}), ("numbered", {"user_id": 11})):
        said = {"preferred_username": name, "administrator": True, **more}
        monkeypatch.setitem(people.CLAIMS, name, said)
    async with live() as stream, AsyncExitStack() as stack:
        everybody = ("ada", "bea", "numbered")
        following = {who: await joined(stack, stream, who, document) for who in everybody}
        await stream.record("ada", "p6", 9, 10, hour=1)

        told = {who: (await following[who].next())["course"]["courseGrade"] for who in everybody}

    assert told == {"ada": None, "bea": None, "numbered": {"percent": 0.74}}
