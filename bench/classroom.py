"""A class to measure with: one course, many learners, a score in every problem."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from db.courses import StoredCourse, publish
from db.enrollments import Enrollment, save_enrollments
from db.learners import Learner, save_learners
from db.problem_scores import NewScore, save_scores
from grading import (
    Algorithm,
    CourseContent,
    CourseKey,
    CourseStructure,
    LearnerId,
    Problem,
    RecordedScore,
    Section,
    Subsection,
    content_version,
    policy_of,
    usage_key_of,
)

COURSE = CourseKey("course-v1:Bench+CLASS+2026")
START = datetime(2026, 9, 7, tzinfo=UTC)
POINTS = 10


def username(number: int) -> str:
    """Name the learner of a number, so that names are in the numbers' order."""
    return f"learner_{number:06d}"


def content(subsection_count: int) -> CourseContent:
    """Return a course of four assignment types with drops, a problem in each subsection."""
    policy = policy_of(
        {
            "GRADER": [
                {"type": "Homework", "min_count": 12, "drop_count": 2, "weight": 0.3},
                {"type": "Lab", "min_count": 12, "drop_count": 2, "weight": 0.2},
                {"type": "Midterm", "min_count": 1, "drop_count": 0, "weight": 0.2},
                {"type": "Final", "min_count": 1, "drop_count": 0, "weight": 0.3},
            ],
            "GRADE_CUTOFFS": {"A": 0.9, "B": 0.8, "C": 0.7, "D": 0.6},
        }
    )
    formats = ["Homework", "Lab"] * ((subsection_count - 2) // 2) + ["Midterm", "Final"]
    subsections = tuple(
        Subsection(
            usage_key_of(COURSE, "sequential", f"s{number}"),
            f"Subsection {number}",
            format=name,
            graded=True,
            problems=(
                Problem(usage_key_of(COURSE, "problem", f"p{number}"), max_score=float(POINTS)),
            ),
        )
        for number, name in enumerate(formats)
    )
    section = Section(usage_key_of(COURSE, "chapter", "all"), "All", subsections)
    structure = CourseStructure(COURSE, "A class", START, None, (section,))
    algorithm = Algorithm.EDX_2024
    return CourseContent(
        structure, policy, algorithm, content_version(structure, policy, algorithm)
    )


def scores(course: StoredCourse, learner_ids: Sequence[LearnerId]) -> list[NewScore]:
    """Return a plausible score of every learner in every problem, the same at every call."""
    chance = random.Random(2026)
    found = []
    for learner_id in learner_ids:
        ability = chance.betavariate(5, 2)
        for week, usage_key in enumerate(course.content.problems):
            earned = float(round(POINTS * min(1.0, max(0.0, chance.gauss(ability, 0.15)))))
            at = START + timedelta(weeks=week, minutes=learner_id)
            found.append(NewScore(learner_id, usage_key, RecordedScore(earned, POINTS, at, at)))
    return found


async def enroll_class(learner_count: int, subsection_count: int) -> StoredCourse:
    """Fill an empty database with a class and its scores, not yet graded."""
    course = await publish(content(subsection_count), now=START)
    learner_ids = [LearnerId(number) for number in range(1, learner_count + 1)]
    await save_learners([Learner(number, username(number)) for number in learner_ids], now=START)
    await save_enrollments([Enrollment(course.id, number) for number in learner_ids], now=START)
    await save_scores(course, scores(course, learner_ids), now=START)
    return course
