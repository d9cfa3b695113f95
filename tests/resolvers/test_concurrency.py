"""Many tasks and several processes at the same grades, on either engine."""

import asyncio
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from db.courses import StoredCourse
from db.sql import fetch
from grading import CourseContent, CourseGrade, LearnerId
from resolvers import course_grades, scores
from resolvers.score_recording import Fate, ScoreOutcome
from tests.factories import (
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
    request,
    subsection,
    toy_policy,
)
from tests.grading.courses import assignment_type
from tests.invariants import broken_rules
from tests.resolvers.record_apart import LEARNER, record_each, record_exam_problem

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]


async def start(url: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.resolvers.record_apart", url, *arguments),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
    )


def exam_of(problems: int) -> CourseContent:
    # EDX_2024 rounds to four decimals: each of these problems makes another grade.
    return content_of(
        [subsection("exam", "Exam", problems=problems)],
        grading_policy=toy_policy(types=[assignment_type("Exam")], cutoffs={"Pass": 1.0}),
    )


async def stored_grade(course: StoredCourse) -> CourseGrade:
    return await course_grades.read(context_of(), course, LEARNER)


async def points_and_version() -> tuple[float, float, int]:
    (row,) = await fetch("select earned_graded, possible_graded, version from subsection_grade")
    return row[0], row[1], row[2]


async def test_a_hundred_tasks_lose_no_score(database: str) -> None:
    course = await publish_content(exam_of(100))
    await enroll(course)

    await record_each(1, 100)

    grade = await stored_grade(course)
    assert (grade.unrounded, grade.passed, grade.version) == (1.0, True, 100)
    assert await points_and_version() == (100.0, 100.0, 100)
    assert await fetch("select count(*) from problem_score where earned = 1") == [(100,)]
    assert await broken_rules() == []


async def test_two_processes_and_this_one_lose_no_score(database: str) -> None:
    course = await publish_content(exam_of(120))
    await enroll(course)

    processes = [
        await start(database, "each", "1", "40"),
        await start(database, "each", "41", "80"),
    ]
    for number in range(81, 121):
        await record_exam_problem(course, number)
        await asyncio.sleep(0.005)
    assert [await process.wait() for process in processes] == [0, 0]

    grade = await stored_grade(course)
    assert (grade.unrounded, grade.passed, grade.version) == (1.0, True, 120)
    assert await points_and_version() == (120.0, 120.0, 120)
    assert await broken_rules() == []


async def test_of_many_scores_for_one_problem_the_newest_is_kept(database: str) -> None:
    course = await publish_content(exam_of(1))
    await enroll(course)
    order = list(range(1, 51))
    random.Random(2).shuffle(order)

    async def send(number: int) -> ScoreOutcome:
        (outcome,) = await scores.record(
            context_of(),
            course,
            [request(LEARNER, "exam_1", number, 50, scored_at=NOW + timedelta(seconds=number))],
        )
        assert isinstance(outcome, ScoreOutcome)
        return outcome

    outcomes = await asyncio.gather(*(send(number) for number in order))

    recorded = [one for one in outcomes if one.fate is Fate.RECORDED]
    refused = [one.error.code for one in outcomes if one.error is not None]
    assert refused == ["SCORE_OUTDATED"] * (50 - len(recorded))
    grade = await stored_grade(course)
    assert (grade.unrounded, grade.version) == (1.0, len(recorded))
    versions = {one.course_grade.version for one in recorded if one.course_grade is not None}
    assert versions == set(range(1, len(recorded) + 1))
    assert await broken_rules() == []


async def test_learners_of_many_transactions_are_locked_without_a_deadlock(database: str) -> None:
    course = await publish_content()
    learner_ids = await enroll(course, 12)
    chance = random.Random(4)

    async def write(number: int) -> None:
        some = chance.sample(learner_ids, 6)
        now = NOW + timedelta(minutes=number)
        context = context_of(now=now)
        await scores.record(
            context,
            course,
            [request(one, "exam_1", chance.random(), scored_at=now) for one in some],
        )
        results = await course_grades.update_many(context, course, some[::-1], force=True)
        assert [result.error for result in results] == [None] * 6

    await asyncio.gather(*(write(number) for number in range(40)))

    assert await broken_rules() == []


async def test_publishing_races_with_writing_and_every_grade_stays_whole(database: str) -> None:
    contents = [
        content_of(
            [
                subsection("hw1", "Homework", problems=number + 1),
                subsection("exam", "Exam", problems=number + 2),
            ],
            grading_policy=toy_policy(cutoffs={"Pass": number / 10}),
        )
        for number in range(1, 5)
    ]
    course = await publish_content(contents[0])
    learner_ids = await enroll(course, 4)

    async def publish_all() -> None:
        for number in range(24):
            await publish_content(contents[number % 4])
            await asyncio.sleep(0.002)

    async def write(learner_id: LearnerId) -> None:
        for number in range(25):
            points = {f"hw1_{number % 2 + 1}": 1 / (number + 1), "exam_1": number / 25}
            await record(course, learner_id, points, at=NOW + timedelta(minutes=number))
            result = await course_grades.update(
                context_of(), course, learner_id, force=number % 2 == 0
            )
            assert result.error is None

    await asyncio.gather(publish_all(), *(write(learner_id) for learner_id in learner_ids))

    assert await broken_rules() == []
    present = await publish_content(contents[2])
    results = await course_grades.update_many(context_of(), present, learner_ids, force=True)
    for result in results:
        assert result.course_grade is not None
        assert result.course_grade.staleness(present.content) == ()
    assert len({result.course_grade.unrounded for result in results if result.course_grade}) == 1
    assert await broken_rules() == []


async def test_a_writer_that_is_killed_leaves_every_grade_whole(database: str) -> None:
    course = await publish_content(exam_of(5))
    learner_ids = await enroll(course, 20)
    chance = random.Random(8)
    written = 0

    for day in range(3):
        process = await start(database, "forever", str(day))
        assert process.stdout is not None
        for _ in range(4):
            assert await process.stdout.readline()
        await asyncio.sleep(chance.random() * 0.03)
        process.send_signal(signal.SIGKILL)
        rest, _ = await process.communicate()
        assert process.returncode == -signal.SIGKILL
        written += 4 + rest.count(b"\n")
        assert await broken_rules() == []

    assert written >= 12
    ((graded,),) = await fetch("select count(*) from course_grade")
    assert graded == 20
    # Nothing that the dead held is in the way of the living.
    late = NOW + timedelta(days=365)
    results = await scores.record(
        context_of(now=late),
        course,
        [request(one, problem_key("exam_1"), 1, scored_at=late) for one in learner_ids],
    )
    assert [isinstance(one, ScoreOutcome) and one.fate for one in results] == [Fate.RECORDED] * 20
    assert await broken_rules() == []
