"""Valid things in the database, with defaults: a test names only what it is about."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from db.courses import StoredCourse, publish
from db.enrollments import Enrollment, save_enrollments
from db.event_log import Origin
from db.learners import Learner, save_learners
from grading import (
    Algorithm,
    Cause,
    CourseContent,
    CourseKey,
    GradingError,
    GradingPolicy,
    LearnerId,
    Subsection,
    UsageKey,
    content_version,
)
from resolvers import scores
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.learners import LearnerRef
from resolvers.score_recording import ScoreOutcome
from resolvers.scores import ScoreRequest
from tests.grading.courses import (
    COURSE,
    assignment_type,
    block,
    policy,
    structure_of,
    subsection,
    subsection_key,
)

__all__ = [
    "COURSE",
    "LEARNER",
    "NOW",
    "ORIGIN",
    "STAFF",
    "clock_of",
    "content_of",
    "context_of",
    "enroll",
    "problem_key",
    "publish_content",
    "record",
    "request",
    "subsection",
    "subsection_key",
    "toy_policy",
]

NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
ORIGIN = Origin(Cause.SCORE_RECORDED, "staff", "0123456789abcdef0123456789abcdef")
STAFF = Viewer("staff", global_staff=True)
LEARNER = Viewer("learner-001", learner_id=LearnerId(1), enrolled_in=frozenset({COURSE}))


def problem_key(name: str) -> UsageKey:
    """Name a problem: the first of subsection ``hw1`` is ``hw1_1``."""
    return block("problem", name)


def toy_policy(**changes: Any) -> GradingPolicy:  # noqa: ANN401
    """Make a policy of homework for 40 % and an exam for 60 %; A, B and C from 90, 70 and 50 %."""
    types = changes.pop("types", [assignment_type("Homework", 0.4), assignment_type("Exam", 0.6)])
    return policy(*types, **{"cutoffs": {"A": 0.9, "B": 0.7, "C": 0.5}, **changes})


def content_of(
    subsections: Iterable[Subsection] | None = None,
    *,
    grading_policy: GradingPolicy | None = None,
    algorithm: Algorithm = Algorithm.EDX_2024,
    course_key: CourseKey = COURSE,
) -> CourseContent:
    """Make a course of ``hw1`` and ``hw2``, two problems each, and ``exam``, one problem."""
    if subsections is None:
        subsections = (
            subsection("hw1", "Homework", problems=2),
            subsection("hw2", "Homework", problems=2),
            subsection("exam", "Exam"),
        )
    structure = structure_of(subsections, course_key=course_key)
    chosen = grading_policy or toy_policy()
    return CourseContent(
        structure, chosen, algorithm, content_version(structure, chosen, algorithm)
    )


async def publish_content(
    content: CourseContent | None = None, *, now: datetime = NOW
) -> StoredCourse:
    """Publish a course, without regrading anybody."""
    return await publish(content or content_of(), now=now)


async def enroll(
    course: StoredCourse, learners: int | Sequence[Learner] = 1, *, active: bool = True
) -> list[LearnerId]:
    """Enroll learners; of a number, ids are 1 onwards and user names ``learner-001`` onwards."""
    if isinstance(learners, int):
        learners = [
            Learner(LearnerId(number), f"learner-{number:03}") for number in range(1, learners + 1)
        ]
    await save_learners(learners, now=NOW)
    await save_enrollments(
        [Enrollment(course.id, learner.id, active=active) for learner in learners], now=NOW
    )
    return [learner.id for learner in learners]


def clock_of(start: datetime = NOW, *, step: timedelta = timedelta(0)) -> Callable[[], datetime]:
    """Make a clock that shows ``start`` and goes ``step`` further each time it is read."""
    reads = -1

    def now() -> datetime:
        nonlocal reads
        reads += 1
        return start + reads * step

    return now


def context_of(
    viewer: Viewer = STAFF, *, now: datetime = NOW, freeze_after: timedelta | None = None
) -> Context:
    """Make the context of an operation at a given time."""
    return Context(viewer, clock_of(now), freeze_after=freeze_after, request_id="a-test")


def request(
    learner: LearnerId | LearnerRef,
    problem: str | UsageKey,
    earned: float | None = 1.0,
    possible: float = 1.0,
    **more: Any,  # noqa: ANN401
) -> ScoreRequest:
    """Make a request to record a score, scored at ``NOW``."""
    return ScoreRequest(
        learner=learner if isinstance(learner, LearnerRef) else LearnerRef("user_id", str(learner)),
        usage_key=UsageKey(problem) if problem.startswith("block-v1:") else problem_key(problem),
        earned=earned,
        possible=possible,
        **{"scored_at": NOW, **more},
    )


async def record(
    course: StoredCourse,
    learner_id: LearnerId,
    points: Mapping[str, float | None],
    *,
    possible: float = 1.0,
    at: datetime = NOW,
) -> list[ScoreOutcome]:
    """Record one learner's scores, by problem, at a time that is the clock's as well.

    :raises GradingError: if one of them is refused.
    """
    requests = [
        request(learner_id, problem, earned, possible, scored_at=at)
        for problem, earned in points.items()
    ]
    outcomes: list[ScoreOutcome] = []
    for outcome in await scores.record(context_of(now=at), course, requests):
        if isinstance(outcome, GradingError):
            raise outcome
        if outcome.error is not None:
            raise outcome.error
        outcomes.append(outcome)
    return outcomes
