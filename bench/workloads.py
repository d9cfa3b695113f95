"""The requests that servers are compared by: five operations, each asked for in many ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bench.classroom import COURSE, POINTS, START, username
from bench.subject import DELIVERY, FANOUT, FLOOR, MERCURIUS, NAIVE, REGRADE, Subject
from grading import usage_key_of

LEARNERS: Final = 1_000
SUBSECTIONS: Final = 30
READERS: Final = 400  # learners whose grades are asked for in turn
WRITERS: Final = 100  # learners whose scores each server changes: none of another's

_GRADE: Final = "percent letterGrade passed passingStatus lastUpdated version"
_CELLS: Final = """subsectionGrades {
        subsection { usageKey } gradedTotal { earned possible } attempted percentGraded
      }"""
_PAGE: Final = """query %s($course: CourseKey!, $after: String) {
  course(courseKey: $course) {
    gradebook(first: %d, after: $after) {
      nodes { learner { username } courseGrade { %s } }
    }
  }
}"""
_ONE: Final = """query %s($course: CourseKey!, $learner: LearnerRef!) {
  courseGrade(courseKey: $course, learner: $learner) { %s }
}"""
_RECORD: Final = """mutation W5($input: RecordScoresInput!) {
  recordScores(input: $input) { results { courseGrade { percent version } } }
}"""

Variables = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Workload(Subject):
    """One operation, and by how much CourseGrade is to answer it faster than others."""

    document: str
    connections: int = 16
    page: int = 0  # learners on a page; 0 for no page


WORKLOADS: Final = {
    one.name: one
    for one in (
        Workload(
            name="W1",
            title="one grade",
            document=_ONE % ("W1", _GRADE),
            goals={FLOOR: 0.9, MERCURIUS: 1.4, NAIVE: 40},
        ),
        Workload(
            name="W2",
            title="a grade with 30 subsections",
            document=_ONE % ("W2", f"{_GRADE} {_CELLS}"),
            goals={FLOOR: 0.9, MERCURIUS: 1.5, NAIVE: 25},
        ),
        Workload(
            name="W3",
            title="a page of 50 learners, 30 subsections each",
            document=_PAGE % ("W3", 50, f"{_GRADE} {_CELLS}"),
            goals={FLOOR: 0.85, MERCURIUS: 1.6, NAIVE: 30},
            connections=4,
            page=50,
        ),
        Workload(
            name="W4",
            title="a page of 100 grades",
            document=_PAGE % ("W4", 100, _GRADE),
            goals={FLOOR: 0.9, MERCURIUS: 2.5, NAIVE: 40},
            page=100,
        ),
        Workload(
            name="W5",
            title="a score recorded",
            document=_RECORD,
            goals={FLOOR: 0.9, MERCURIUS: 1.3, NAIVE: 15},
        ),
    )
}
SUBJECTS: Final[Mapping[str, Subject]] = {
    **WORKLOADS,
    **{one.name: one for one in (FANOUT, DELIVERY, REGRADE)},
}


def variables_of(workload: Workload, *, writer: int = 0) -> Sequence[Variables]:
    """Return what is asked for in turn; ``writer`` tells apart who changes whose scores.

    A page is asked for by the user name that it comes after, None for the first.
    """
    if workload.page:
        starts = [None, *(username(at) for at in range(workload.page, LEARNERS, workload.page))]
        return [{"course": COURSE, "after": start} for start in starts]
    if workload.document is _RECORD:
        # Each score differs from the learner's last one: twice the same would change nothing.
        first = 1 + writer * WRITERS
        return [
            score_of(learner, earned)
            for earned in (2.0, 9.0)
            for learner in range(first, first + WRITERS)
        ]
    return [
        {"course": COURSE, "learner": {"username": username(number)}}
        for number in range(1, 1 + READERS)
    ]


def score_of(learner: int, earned: float) -> Variables:
    """Return the input that records a score in the problem of the final exam."""
    score = {
        "learner": {"username": username(learner)},
        "usageKey": usage_key_of(COURSE, "problem", f"p{SUBSECTIONS - 1}"),
        "scoreGiven": earned,
        "scoreMaximum": float(POINTS),
        "timestamp": (START + timedelta(weeks=SUBSECTIONS)).isoformat(),
    }
    return {"input": {"courseKey": COURSE, "scores": [score]}}
