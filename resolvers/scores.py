"""Recording scores that somebody sends: who they are for, what is wrong with them, what came."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.courses import StoredCourse
from db.learners import Learner
from grading import (
    Cause,
    DuplicateItem,
    GradingError,
    InvalidInput,
    LearnerId,
    LearnerNotEnrolled,
    ScoreOutOfRange,
    TooManyItems,
    UsageKey,
)
from resolvers import access
from resolvers.context import Context
from resolvers.courses import freeze
from resolvers.learners import LearnerRef, require_learner
from resolvers.loaders import Enrolled
from resolvers.score_recording import ScoreEntry, ScoreOutcome, record_scores
from resolvers.storable import is_storable

MAX_SCORES = 100
MAX_POINTS = 1e12  # far above any course's, far below where doubles lose halves
MAX_COMMENT = 1_000


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A raw score as somebody sends it; ``earned`` None takes the stored one back."""

    learner: LearnerRef
    usage_key: UsageKey
    earned: float | None
    possible: float
    scored_at: datetime
    only_if_higher: bool = False
    comment: str | None = None


async def record(
    context: Context, course: StoredCourse, requests: Sequence[ScoreRequest]
) -> list[ScoreOutcome | GradingError]:
    """Record raw scores, each refused or stored by itself, all that are stored in one transaction.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises TooManyItems: if there are more than 100.
    """
    access.require_grades_editor(context.viewer, course.key)
    now = context.now()
    freeze(context, course).require_open(now)
    if len(requests) > MAX_SCORES:
        raise TooManyItems(
            f"{len(requests)} scores are more than {MAX_SCORES}; send them in several requests.",
            field=["scores"],
        )
    checked = await _checked(context, course, requests)
    entries = [one for one in checked if isinstance(one, ScoreEntry)]
    origin = context.origin(Cause.SCORE_RECORDED)
    recorded = await record_scores(course.id, entries, origin=origin, now=now) if entries else []
    context.after_change()
    outcomes = iter(recorded)
    return [next(outcomes) if isinstance(one, ScoreEntry) else one for one in checked]


async def _checked(
    context: Context, course: StoredCourse, requests: Sequence[ScoreRequest]
) -> list[ScoreEntry | GradingError]:
    learners = await _learners(context, course, requests)
    checked: list[ScoreEntry | GradingError] = []
    seen: set[tuple[LearnerId, UsageKey]] = set()
    for request, learner in zip(requests, learners, strict=True):
        if isinstance(learner, GradingError):
            checked.append(learner)
            continue
        place = (learner.id, request.usage_key)
        fault = (
            DuplicateItem(
                "This request has another score of the same learner for the same problem."
            )
            if place in seen
            else fault_of(request.earned, request.possible, request.comment)
        )
        seen.add(place)
        checked.append(
            fault
            or ScoreEntry(
                learner_id=learner.id,
                usage_key=request.usage_key,
                earned=request.earned,
                possible=request.possible,
                scored_at=request.scored_at,
                only_if_higher=request.only_if_higher,
                comment=request.comment,
            )
        )
    return checked


async def _learners(
    context: Context, course: StoredCourse, requests: Sequence[ScoreRequest]
) -> list[Learner | GradingError]:
    # One at a time would read one at a time: the loaders batch what is asked for together.
    found = await asyncio.gather(
        *(require_learner(context, request.learner, course) for request in requests),
        return_exceptions=True,
    )
    learners = [_learner_or_refusal(one) for one in found]
    ids = [one.id for one in learners if isinstance(one, Learner)]
    enrollments = await context.loaders.enrollment.load_many(
        [Enrolled(course, learner_id) for learner_id in ids]
    )
    enrolled = {one.learner_id for one in enrollments if one is not None}
    return [
        LearnerNotEnrolled(
            f"Learner {one.username!r} is not enrolled in {course.key}.", field=["learner"]
        )
        if isinstance(one, Learner) and one.id not in enrolled
        else one
        for one in learners
    ]


def _learner_or_refusal(found: Learner | BaseException) -> Learner | GradingError:
    match found:
        case GradingError():
            found.field = ("learner",)
            return found
        case BaseException():
            raise found
    return found


def fault_of(earned: float | None, possible: float, comment: str | None) -> GradingError | None:
    """Return what is wrong with a score in itself, None where nothing is.

    Points are 0 to 10^12; earned points may exceed the possible ones.
    """
    for name, points in (("scoreGiven", earned), ("scoreMaximum", possible)):
        if points is not None and not (math.isfinite(points) and 0 <= points <= MAX_POINTS):
            return ScoreOutOfRange(
                f"{name} must be a number from 0 to {MAX_POINTS:g}.",
                minimum=0.0,
                maximum=MAX_POINTS,
                field=[name],
            )
    if comment is not None and (len(comment) > MAX_COMMENT or not is_storable(comment)):
        return InvalidInput(
            f"A comment has at most {MAX_COMMENT} characters, "
            "none of them NUL or half a character.",
            field=["comment"],
        )
    return None
