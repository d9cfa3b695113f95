"""Records scores in a process of its own: `python -m tests.resolvers.record_apart URL HOW ...`.

`each FIRST LAST` records these problems of the first learner's exam, each in a task, and updates
the grade in between. `forever DAY` records scores of all learners, scored from that day on, until
it is killed; it writes a line for every transaction that it knows to be stored.
"""

import asyncio
import random
import sys
from datetime import timedelta
from itertools import count

from db.connection import connected
from db.courses import StoredCourse
from db.enrollments import enrolled_ids
from grading import LearnerId
from resolvers import course_grades, scores
from resolvers.courses import require_course
from resolvers.score_recording import Fate, ScoreOutcome
from tests.factories import COURSE, NOW, context_of, request

LEARNER = LearnerId(1)


async def record_exam_problem(course: StoredCourse, number: int) -> None:
    """Record one problem of the exam."""
    (outcome,) = await scores.record(context_of(), course, [request(LEARNER, f"exam_{number}")])
    assert isinstance(outcome, ScoreOutcome), outcome
    assert outcome.fate is Fate.RECORDED, outcome


async def update(course: StoredCourse, *, force: bool) -> None:
    """Update the learner's grade."""
    result = await course_grades.update(context_of(), course, LEARNER, force=force)
    assert result.error is None, result


async def record_each(first: int, last: int) -> None:
    """Record each of these problems in a task of its own, and update at the same time."""
    course = await require_course(context_of(), COURSE)
    tasks = [record_exam_problem(course, number) for number in range(first, last + 1)]
    updates = [update(course, force=number % 2 == 0) for number in range((last - first) // 4)]
    everything = [*tasks, *updates]
    random.Random(first).shuffle(everything)
    await asyncio.gather(*everything)


async def record_forever(day: int) -> None:
    """Record and update, always something new, until killed."""
    course = await require_course(context_of(), COURSE)
    learner_ids = await enrolled_ids(course.id, limit=100)
    chance = random.Random()

    async def write(number: int) -> None:
        now = NOW + timedelta(days=day, minutes=number)
        context = context_of(now=now)
        requests = [
            request(learner_id, f"exam_{problem}", chance.random(), scored_at=now)
            for learner_id in learner_ids
            for problem in chance.sample(range(1, 6), 3)
        ]
        await scores.record(context, course, requests)
        await course_grades.update_many(context, course, learner_ids, force=number % 2 == 0)
        print(number, flush=True)  # noqa: T201

    for number in count():
        await asyncio.gather(*(write(4 * number + each) for each in range(4)))


async def main(url: str, how: str, *arguments: str) -> None:
    """Do what was asked for."""
    async with connected(url):
        if how == "each":
            first, last = arguments
            await record_each(int(first), int(last))
        else:
            await record_forever(int(arguments[0]))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
