"""A class that was never graded: learners with a score in each problem, and two policies."""

from collections.abc import Mapping
from typing import Any, Final

from db.sql import execute
from grading import Subsection
from tests.factories import (
    NOW,
    content_of,
    enroll,
    publish_content,
    subsection,
    toy_policy,
)
from tests.grading.courses import assignment_type

BUSY: Final = 40  # learners, the first ones, whose scores change all the while
_TYPES: Final = ("Homework", "Lab", "Quiz")
_CUTOFFS: Final = {"A": 0.9, "B": 0.7, "C": 0.5}
_ROWS: Final = {
    "Homework": (0.3, 8, 2),
    "Lab": (0.2, 8, 1),
    "Quiz": (0.1, 8, 0),
    "Exam": (0.4, 1, 0),
}
_OTHER_ROWS: Final = {
    "Homework": (0.1, 8, 0),
    "Lab": (0.2, 8, 3),
    "Quiz": (0.1, 8, 1),
    "Exam": (0.6, 1, 0),
}

# Whole points of ten, by numbers that mean nothing: abler and less able learners.
_SCORES: Final = """
insert into problem_score
  (course_id, learner_id, block_id, earned, possible, scored_at, first_scored_at, updated_at)
select e.course_id, e.learner_id, b.id,
  abs(hashint8(e.learner_id * 1009 + b.id) % 9) + e.learner_id % 3, 10, $1, $1, $1
from enrollment e join block b on b.course_id = e.course_id
where b.usage_key like '%+type@problem+%'
"""


async def set_the_scene(learners: int, subsections: int) -> None:
    """Publish the course, enroll the class and record its scores, without grading anybody."""
    rows = [
        assignment_type(name, weight, min_count=least, drop_count=drops)
        for name, (weight, least, drops) in _ROWS.items()
    ]
    content = content_of(
        _subsections(subsections), grading_policy=toy_policy(types=rows, cutoffs=_CUTOFFS)
    )
    await enroll(await publish_content(content), learners)
    await execute(_SCORES, NOW)
    await execute("analyze")


def _subsections(count: int) -> list[Subsection]:
    return [
        *(subsection(f"part{number}", _TYPES[number % len(_TYPES)]) for number in range(1, count)),
        subsection("exam", "Exam"),
    ]


def policy_input(*, other: bool) -> dict[str, Any]:
    """Return the course's own policy, or the other one, as `updateGradingPolicy` takes it."""
    rows: Mapping[str, tuple[float, int, int]] = _OTHER_ROWS if other else _ROWS
    return {
        "assignmentTypes": [
            {"name": name, "weight": weight, "minCount": least, "dropCount": drops}
            for name, (weight, least, drops) in rows.items()
        ],
        "gradeCutoffs": [
            {"letterGrade": letter, "threshold": least} for letter, least in _CUTOFFS.items()
        ],
    }
