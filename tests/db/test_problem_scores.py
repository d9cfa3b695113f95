from datetime import UTC, datetime, timedelta

import pytest

from db.courses import StoredCourse
from db.errors import IntegrityError
from db.problem_scores import NewScore, recorded_scores, save_scores
from db.sql import as_datetime, fetch
from grading import LearnerId, RecordedScore
from tests.factories import (
    NOW,
    content_of,
    enroll,
    problem_key,
    publish_content,
    subsection,
)

ODD = [0.1 + 0.2, 5e-324, 1e12, 0.0, 1 / 3, 2.2250738585072014e-308, 123456789.123456789]


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 2)
    return course


def scored(
    earned: float | None, possible: float = 1.0, *, learner_id: int = 1, problem: str = "hw1_1"
) -> NewScore:
    return NewScore(
        LearnerId(learner_id),
        problem_key(problem),
        RecordedScore(earned, possible, NOW, NOW - timedelta(microseconds=1)),
    )


async def read(course: StoredCourse, learner_id: int = 1) -> dict[str, RecordedScore]:
    found = await recorded_scores([course], [LearnerId(learner_id)])
    return {
        key.rpartition("@")[2]: score
        for key, score in found.get((course.id, LearnerId(learner_id)), {}).items()
    }


@pytest.mark.parametrize("points", ODD)
async def test_points_are_read_back_bit_for_bit(course: StoredCourse, points: float) -> None:
    await save_scores(course, [scored(points, points)], now=NOW)

    score = (await read(course))["hw1_1"]

    assert score.possible is not None
    assert score.earned is not None
    assert (score.earned.hex(), score.possible.hex()) == (points.hex(), points.hex())


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC),
        datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC),
        NOW.replace(microsecond=0),
    ],
)
async def test_times_are_read_back_to_the_microsecond(
    course: StoredCourse, moment: datetime
) -> None:
    score = RecordedScore(1.0, 2.0, moment, moment)
    await save_scores(course, [NewScore(LearnerId(1), problem_key("hw1_1"), score)], now=NOW)

    assert await read(course) == {"hw1_1": score}


async def test_the_first_and_the_latest_time_are_kept_apart(course: StoredCourse) -> None:
    score = RecordedScore(1.0, 2.0, NOW, NOW - timedelta(days=3))
    await save_scores(course, [NewScore(LearnerId(1), problem_key("hw1_1"), score)], now=NOW)

    assert await read(course) == {"hw1_1": score}


async def test_a_score_takes_the_place_of_the_earlier_one(course: StoredCourse) -> None:
    await save_scores(course, [scored(1.0, 2.0)], now=NOW)
    later = NOW + timedelta(hours=1)
    again = RecordedScore(None, 3.0, later, NOW)

    await save_scores(
        course, [NewScore(LearnerId(1), problem_key("hw1_1"), again, "tägäin")], now=later
    )

    assert await read(course) == {"hw1_1": again}
    ((comment, updated_at),) = await fetch("select comment, updated_at from problem_score")
    assert (comment, as_datetime(updated_at)) == ("tägäin", later)


async def test_scores_are_those_of_their_learner_and_problem(course: StoredCourse) -> None:
    await save_scores(
        course,
        [scored(1.0), scored(2.0, problem="hw2_1"), scored(3.0, learner_id=2)],
        now=NOW,
    )

    assert {key: score.earned for key, score in (await read(course)).items()} == {
        "hw1_1": 1.0,
        "hw2_1": 2.0,
    }
    assert {key: score.earned for key, score in (await read(course, 2)).items()} == {"hw1_1": 3.0}
    both = await recorded_scores([course], [LearnerId(1), LearnerId(2), LearnerId(3)])
    assert both.keys() == {(course.id, 1), (course.id, 2)}


async def test_scores_of_problems_that_are_gone_are_kept(course: StoredCourse) -> None:
    await save_scores(course, [scored(1.0)], now=NOW)

    without = await publish_content(content_of([subsection("exam", "Exam")]))

    assert (await read(without))["hw1_1"].earned == 1.0


async def test_one_score_that_is_refused_keeps_all_out(course: StoredCourse) -> None:
    with pytest.raises(IntegrityError):
        await save_scores(course, [scored(1.0), scored(-1.0, problem="hw1_2")], now=NOW)

    assert await fetch("select count(*) from problem_score") == [(0,)]
