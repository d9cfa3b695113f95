"""Recording scores that somebody sends: who they are for, what is wrong with them, what came."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from db.courses import StoredCourse
from grading import (
    Cause,
    DuplicateItem,
    GradingError,
    InvalidInput,
    LearnerId,
    ScoreOutOfRange,
    TooManyItems,
    UsageKey,
)
from resolvers import access
from resolvers.context import Context
from resolvers.courses import open_check
from resolvers.enrolled_learners import enrolled_learners
from resolvers.first_answers import RequestKey, first_time, once
from resolvers.kept_outcomes import course_grade_body, course_grade_of, error_body, error_of
from resolvers.learners import LearnerRef
from resolvers.score_recording import Fate, ScoreEntry, ScoreOutcome, record_scores
from resolvers.storable import is_storable

MAX_SCORES = 100
MAX_POINTS = 1e12  # far above any course's, far below where doubles lose halves
MAX_COMMENT = 1_000


class ScoreRequest(NamedTuple):
    """A raw score as somebody sends it; ``earned`` None takes the stored one back."""

    learner: LearnerRef
    usage_key: UsageKey
    earned: float | None
    possible: float
    scored_at: datetime
    only_if_higher: bool = False
    comment: str | None = None
    if_version: str | None = None


async def record(
    context: Context,
    course: StoredCourse,
    requests: Sequence[ScoreRequest],
    *,
    key: RequestKey | None = None,
) -> list[ScoreOutcome | GradingError]:
    """Record raw scores, each refused or stored by itself, all that are stored in one transaction.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises TooManyItems: if there are more than 100.
    :raises IdempotencyKeyReused: if something else was asked for under ``key``.
    """
    access.require_grades_editor(context.viewer, course.key)

    async def restore(body: list[Any]) -> list[ScoreOutcome | GradingError]:
        return [
            _outcome_of(course, request, one) for request, one in zip(requests, body, strict=True)
        ]

    return await once(context, key, lambda: _record(context, course, requests, key), restore)


async def _record(
    context: Context,
    course: StoredCourse,
    requests: Sequence[ScoreRequest],
    key: RequestKey | None,
) -> list[ScoreOutcome | GradingError]:
    now = context.now()
    require_open = open_check(context, now)
    require_open(course)
    if len(requests) > MAX_SCORES:
        raise TooManyItems(
            f"{len(requests)} scores are more than {MAX_SCORES}; send them in several requests.",
            field=["scores"],
        )
    checked = await _checked(context, course, requests)
    entries = [one for one in checked if isinstance(one, ScoreEntry)]

    def among_all(recorded: Sequence[ScoreOutcome]) -> list[ScoreOutcome | GradingError]:
        outcomes = iter(recorded)
        return [next(outcomes) if isinstance(one, ScoreEntry) else one for one in checked]

    def pack(recorded: list[ScoreOutcome]) -> object:
        return [_body(outcome) for outcome in among_all(recorded)]

    recorded = (
        await record_scores(
            course.id,
            entries,
            origin=context.origin(Cause.SCORE_RECORDED),
            now=now,
            first=first_time(context, key, pack),
            require_open=require_open,
            known=course,
        )
        if entries
        else []
    )
    context.after_change()
    return among_all(recorded)


def _body(outcome: ScoreOutcome | GradingError) -> dict[str, object]:
    if isinstance(outcome, GradingError):
        return {"error": error_body(outcome)}
    if outcome.error is not None:
        return {"error": error_body(outcome.error)}
    return {
        "learner_id": outcome.entry.learner_id,
        "fate": None if outcome.fate is None else outcome.fate.name,
        "subsection": outcome.subsection,
        "course_grade": None
        if outcome.course_grade is None
        else course_grade_body(outcome.course_grade),
    }


def _outcome_of(
    course: StoredCourse, request: ScoreRequest, body: dict[str, Any]
) -> ScoreOutcome | GradingError:
    if "error" in body:
        return error_of(body["error"])
    fate, course_grade = body["fate"], body["course_grade"]
    return ScoreOutcome(
        _entry(request, body["learner_id"]),
        None if fate is None else Fate[fate],
        course=course,
        course_grade=None if course_grade is None else course_grade_of(course_grade),
        subsection=body["subsection"],
    )


async def _checked(
    context: Context, course: StoredCourse, requests: Sequence[ScoreRequest]
) -> list[ScoreEntry | GradingError]:
    learners = await enrolled_learners(context, course, [request.learner for request in requests])
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
        checked.append(fault or _entry(request, learner.id))
    return checked


def _entry(request: ScoreRequest, learner_id: LearnerId) -> ScoreEntry:
    return ScoreEntry(
        learner_id=learner_id,
        usage_key=request.usage_key,
        earned=request.earned,
        possible=request.possible,
        scored_at=request.scored_at,
        only_if_higher=request.only_if_higher,
        comment=request.comment,
        if_version=request.if_version,
    )


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
