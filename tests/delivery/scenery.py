"""The course whose grades change, the learners in it, and the scores that change them."""

import random
from datetime import UTC, datetime
from typing import Final

from db.courses import StoredCourse
from db.enrollments import enrolled_ids
from db.learners import Learner
from grading import LearnerId, UsageKey
from resolvers.courses import require_course
from resolvers.scores import ScoreRequest
from tests.factories import (
    COURSE,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    request,
    subsection,
)

LEARNERS: Final = 40
_MOST_AT_ONCE: Final = 6
_PROBLEMS: Final = tuple(
    problem_key(f"{name}_{number}") for name in ("hw1", "hw2", "exam") for number in range(1, 5)
)


async def set_the_scene() -> None:
    """Publish the course and enroll everybody."""
    course = await publish_content(
        content_of(
            [
                subsection("hw1", "Homework", problems=4),
                subsection("hw2", "Homework", problems=4),
                subsection("exam", "Exam", problems=4),
            ]
        )
    )
    await enroll(
        course,
        [Learner(LearnerId(number), f"learner-{number:03}") for number in range(1, LEARNERS + 1)],
    )


async def course_and_learners() -> tuple[StoredCourse, list[LearnerId]]:
    """Return what was set up."""
    course = await require_course(context_of(), COURSE)
    return course, list(await enrolled_ids(course.id, limit=LEARNERS))


def some_problems(chance: random.Random) -> list[tuple[LearnerId, UsageKey, float]]:
    """Choose a few learners, for each a problem, and the part of its one point that they earn."""
    learner_ids = chance.sample(range(1, LEARNERS + 1), chance.randint(1, _MOST_AT_ONCE))
    return [
        (LearnerId(number), chance.choice(_PROBLEMS), round(chance.random(), 3))
        for number in learner_ids
    ]


def some_scores(chance: random.Random) -> list[ScoreRequest]:
    """Make scores that are newer than all others, since they are of now."""
    now = datetime.now(UTC)
    return [
        request(learner_id, problem, earned, scored_at=now)
        for learner_id, problem, earned in some_problems(chance)
    ]
