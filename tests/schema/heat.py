"""A small course whose figures can be checked by hand, and the learners in it.

Ada's grade, to be checked against this::

    Homework  HW 1  3 of 4 + 2 of 2       5/6   0.8333
              HW 2  2 of 3, weight 6      4/6   0.6667
              HW 3  not attempted         0/5   0       dropped
              average (0.8333 + 0.6667) / 2 = 0.75      x 0.5 = 0.375
    Lab       Lab 1                       9/10  0.9
              a second one is expected          0
              average 0.45                              x 0.2 = 0.09
    Exam      Exam                        8/10  0.8     x 0.3 = 0.24
                                                              = 0.705, rounded 0.71: B
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from db.courses import StoredCourse, publish
from db.enrollments import Enrollment, save_enrollments
from db.learners import Learner, save_learners
from grading import (
    Algorithm,
    CourseContent,
    CourseKey,
    CourseStructure,
    LearnerId,
    Problem,
    Section,
    Subsection,
    UsageKey,
    content_version,
    parse_policy,
)
from resolvers.score_recording import ScoreEntry, record_scores
from tests.factories import ORIGIN

COURSE_KEY: Final = CourseKey("course-v1:Acme+Heat+2026")
NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCORED: Final = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
PUBLISHED: Final = datetime(2026, 1, 1, tzinfo=UTC)
DUE: Final = datetime(2026, 5, 31, 21, 59, tzinfo=UTC)
END: Final = datetime(2026, 7, 1, tzinfo=UTC)


def usage_key(block_type: str, name: str, course_key: str = COURSE_KEY) -> UsageKey:
    course = course_key.removeprefix("course-v1:")
    return UsageKey(f"block-v1:{course}+type@{block_type}+block@{name}")


def sequential(name: str) -> UsageKey:
    return usage_key("sequential", name)


def problem(name: str) -> UsageKey:
    return usage_key("problem", name)


POLICY: Final[Mapping[str, Any]] = {
    "GRADER": [
        {
            "type": "Homework",
            "short_label": "HW",
            "min_count": 3,
            "drop_count": 1,
            "weight": 0.5,
        },
        {"type": "Lab", "min_count": 2, "drop_count": 0, "weight": 0.2},
        {"type": "Exam", "min_count": 1, "drop_count": 0, "weight": 0.3},
    ],
    "GRADE_CUTOFFS": {"A": 0.9, "B": 0.7, "C": 0.5},
}


def structure(course_key: CourseKey = COURSE_KEY) -> CourseStructure:
    def key(block_type: str, name: str) -> UsageKey:
        return usage_key(block_type, name, course_key)

    def worth(
        name: str, points: float, weight: float | None = None, *, graded: bool | None = None
    ) -> Problem:
        return Problem(key("problem", name), f"Problem {name}", weight, float(points), graded)

    def graded(name: str, title: str, kind: str, *problems: Problem) -> Subsection:
        return Subsection(
            key("sequential", name),
            title,
            format=kind,
            graded=True,
            due=DUE if name == "exam" else None,
            problems=problems,
        )

    return CourseStructure(
        course_key=course_key,
        display_name="Heat",
        start=PUBLISHED,
        end=END,
        sections=(
            Section(
                key("chapter", "warmth"),
                "Warmth",
                (
                    graded("hw1", "Temperature", "Homework", worth("p1", 4), worth("p2", 2)),
                    graded("hw2", "Conduction", "Homework", worth("p3", 3, weight=6.0)),
                    graded("hw3", "Radiation", "Homework", worth("p4", 5)),
                    Subsection(
                        key("sequential", "reading"),
                        "Reading",
                        format="Homework",
                        problems=(worth("quiz", 1, graded=False),),
                    ),
                ),
            ),
            Section(
                key("chapter", "engines"),
                "Engines",
                (
                    graded("lab1", "Steam", "Lab", worth("p5", 10)),
                    graded("exam", "Exam", "Exam", worth("p6", 10)),
                ),
            ),
        ),
    )


def content(
    course_key: CourseKey = COURSE_KEY,
    *,
    policy: Mapping[str, Any] = POLICY,
    sections: tuple[Section, ...] | None = None,
    end: datetime | None = END,
) -> CourseContent:
    """Return a version of the course; ``sections`` and ``policy`` make others than the first."""
    whole = structure(course_key)
    parts = CourseStructure(
        course_key,
        whole.display_name,
        whole.start,
        end,
        whole.sections if sections is None else sections,
    )
    parsed = parse_policy(json.dumps(policy))
    algorithm = Algorithm.EDX_2024
    return CourseContent(parts, parsed, algorithm, content_version(parts, parsed, algorithm))


ADA: Final = Learner(LearnerId(11), "ada", "Ada Lovelace", "ada@example.org", "SIS-11")
BEA: Final = Learner(LearnerId(12), "bea")
CYD: Final = Learner(LearnerId(13), "cyd", "Cyd")

ADAS_SCORES: Final[Mapping[str, tuple[float, float]]] = {
    "p1": (3, 4),
    "p2": (2, 2),
    "p3": (2, 3),
    "p5": (9, 10),
    "p6": (8, 10),
}


async def publish_course(
    course_key: CourseKey = COURSE_KEY,
    *,
    policy: Mapping[str, Any] = POLICY,
    sections: tuple[Section, ...] | None = None,
    end: datetime | None = END,
) -> StoredCourse:
    """Publish the course, or another version of it, as ``content`` makes it."""
    version = content(course_key, policy=policy, sections=sections, end=end)
    return await publish(version, now=PUBLISHED)


async def enroll(course: StoredCourse, *learners: Learner, active: bool = True) -> None:
    await save_learners(learners, now=PUBLISHED)
    await save_enrollments(
        [
            Enrollment(course.id, one.id, active=active, mode="verified", cohort="Blue")
            for one in learners
        ],
        now=PUBLISHED,
    )


async def record(
    course: StoredCourse,
    learners: Sequence[Learner],
    scores: Mapping[str, tuple[float | None, float]] = ADAS_SCORES,
    *,
    scored_at: datetime = SCORED,
) -> None:
    """Record scores, by the names of problems, of each of the learners."""
    entries = [
        ScoreEntry(one.id, usage_key("problem", name, course.key), *points, scored_at=scored_at)
        for one in learners
        for name, points in scores.items()
    ]
    outcomes = await record_scores(course.id, entries, origin=ORIGIN, now=NOW)
    assert [one.error for one in outcomes if one.error] == []


async def heat_course() -> StoredCourse:
    """Publish the course with Ada, who has scores, Bea, who has none, and Cyd, who has left."""
    course = await publish_course()
    await enroll(course, ADA, BEA)
    await enroll(course, CYD, active=False)
    await record(course, [ADA])
    return course
