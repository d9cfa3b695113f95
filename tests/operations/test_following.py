"""The design's subscriptions on the demonstration course: each is sent what it is about."""

import pytest

from demo.outline import COURSE_KEY
from tests.operations.asking import (
    COURSE_STAFF,
    GLOBAL_STAFF,
    LEARNER,
    Demonstration,
    claimed,
    sequential,
)
from tests.shared_material import requires_shared

pytestmark = [pytest.mark.shared, requires_shared]


async def correct(live: Demonstration, learner: str, subsection: str, earned: float) -> None:
    """Override a result, as staff do."""
    answer, _ = await live.ask(
        "SaveOverride",
        COURSE_STAFF,
        input={
            "courseKey": COURSE_KEY,
            "learner": {"username": learner},
            "usageKey": sequential(subsection),
            "values": {"earnedGraded": earned},
        },
    )
    assert answer["userErrors"] == []


async def test_the_live_gradebook_gets_the_cells_that_it_shows(live: Demonstration) -> None:
    cell = await live.subsection_grade_id("bram_verhulst", "midterm")
    async with live.following("LiveGradebook", COURSE_STAFF, courseKey=COURSE_KEY) as followed:
        await correct(live, "bram_verhulst", "midterm", 20)
        subsection, course, passing = await followed.several(3)

    assert [one["__typename"] for one in (subsection, course, passing)] == [
        "SubsectionGradeChanged",
        "CourseGradeChanged",
        "PassingStatusChanged",
    ]
    assert {one["learner"]["username"] for one in (subsection, course)} == {"bram_verhulst"}
    assert subsection["subsectionGrade"]["id"] == cell
    assert subsection["subsectionGrade"]["status"] == "OVERRIDDEN"
    assert subsection["subsectionGrade"]["gradedTotal"] == {"earned": 20.0, "possible": 20.0}
    assert course["before"] == {"percent": 0.51, "letterGrade": None}
    assert course["courseGrade"]["passed"] is True
    assert (passing["from"], passing["to"]) == ("FAILING", "PASSING")


async def test_the_live_gradebook_goes_on_where_it_was_cut_off(live: Demonstration) -> None:
    async with live.following("LiveGradebook", COURSE_STAFF, courseKey=COURSE_KEY) as followed:
        await correct(live, "duc_trinhle", "midterm", 20)
        seen, missed = await followed.several(2)

    async with live.following(
        "LiveGradebook", COURSE_STAFF, courseKey=COURSE_KEY, after=seen["cursor"]
    ) as followed:
        assert (await followed.next())["id"] == missed["id"]


@pytest.mark.slow
async def test_the_live_statistics_come_at_once_and_after_a_change(live: Demonstration) -> None:
    async with live.following("LiveStatistics", COURSE_STAFF, courseKey=COURSE_KEY) as followed:
        first = await followed.next()
        await correct(live, "bram_verhulst", "midterm", 20)
        second = await followed.next()

    assert (first["attemptedCount"], first["passedCount"]) == (54, 38)
    assert (second["attemptedCount"], second["passedCount"]) == (54, 39)
    assert second["mean"] > first["mean"]
    assert sum(bar["count"] for bar in second["histogram"]) == 54


async def test_a_learner_is_told_of_their_own_grade_alone(live: Demonstration) -> None:
    own, _ = await live.ask("LearnerDashboard", LEARNER, courseKeys=[COURSE_KEY])
    async with live.following("MyGrade", LEARNER, courseKey=COURSE_KEY) as followed:
        await correct(live, "duc_trinhle", "midterm", 20)
        await correct(live, LEARNER.name, "final", 10)  # which is hidden
        await correct(live, LEARNER.name, "midterm", 20)
        event = await followed.next()

    grade = event["courseGrade"]
    assert grade["id"] == own[0]["id"]
    # 0.3529 + 0.2941 + 0.2941 over the 85 % that can be seen.
    assert (grade["displayPercent"], grade["letterGrade"]) == ("94%", "A")
    assert grade["passingStatus"] == "PASSING"


async def test_staff_are_told_of_every_course_grade(live: Demonstration) -> None:
    async with live.following("MyGrade", COURSE_STAFF, courseKey=COURSE_KEY) as followed:
        await correct(live, LEARNER.name, "final", 40)
        event = await followed.next()

    assert event["courseGrade"]["displayPercent"] == "93%"


@pytest.mark.parametrize("viewer", ["global staff", "service"])
async def test_a_consumer_gets_each_transition_and_catches_up_with_the_rest(
    live: Demonstration, viewer: str
) -> None:
    who = (
        GLOBAL_STAFF
        if viewer == "global staff"
        else claimed("certificates", scopes=["events:read", "grades:read"])
    )
    async with live.following("PassingStatus", who) as followed:
        await correct(live, "duc_trinhle", "midterm", 20)  # passes before and after
        await correct(live, "bram_verhulst", "midterm", 20)
        passing = await followed.next()
        await correct(live, "bram_verhulst", "midterm", 0)
        failing = await followed.next()

    page, _ = await live.ask("PassingStatusCatchUp", who, after=passing["cursor"])
    assert page["nodes"] == [failing]
    assert [(one["from"], one["to"], one["firstTimePassed"]) for one in (passing, failing)] == [
        ("FAILING", "PASSING", True),
        ("PASSING", "FAILING", False),
    ]
    assert passing["learner"] == {
        "userId": "102",
        "username": "bram_verhulst",
        "externalUserKey": "STAR-3774",
    }
    assert passing["course"] == {"courseKey": COURSE_KEY, "end": None}


async def test_a_jobs_progress_is_followed_from_where_it_stands(live: Demonstration) -> None:
    await live.enroll_more(200)
    answer, _ = await live.ask("RegradeCourse", COURSE_STAFF, courseKey=COURSE_KEY)
    job = answer["job"]

    async with live.following("RegradeProgress", COURSE_STAFF, id=job["id"]) as followed:
        told = await followed.next()

    assert (told["id"], told["total"]) == (job["id"], job["total"])
    assert (told["state"], told["processed"], told["finishedAt"]) == ("QUEUED", 0, None)
