"""OverridesMade subsection grades: who may, what is wrong with a request, what came of it."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from db.courses import StoredCourse
from db.learners import Learner
from db.override_entries import HistoryPage, Overridable, OverrideEntry
from grading import (
    Cause,
    DuplicateItem,
    GradingError,
    InvalidInput,
    LearnerId,
    OverrideSystem,
    ScoreOutOfRange,
    TooManyItems,
    UsageKey,
)
from resolvers import access
from resolvers.context import Context
from resolvers.course_grades import read_breakdown
from resolvers.courses import open_check
from resolvers.enrolled_learners import enrolled_learners
from resolvers.first_answers import RequestKey, first_time, once
from resolvers.kept_outcomes import (
    course_grade_body,
    course_grade_of,
    error_body,
    error_of,
    subsection_grade_body,
    subsection_grade_of,
)
from resolvers.learners import LearnerRef
from resolvers.override_ledger import OverrideChange, OverrideValues
from resolvers.override_recording import Manner, Overridden, OverrideOutcome, record_overrides
from resolvers.scores import MAX_POINTS
from resolvers.storable import is_storable

__all__ = [
    "Overridable",
    "Overridden",
    "OverrideEntry",
    "OverrideOutcome",
    "OverrideValues",
]

MAX_ITEMS: Final = 1_000
MAX_HISTORY: Final = 100  # entries a page
MAX_REASON: Final = 300  # characters, as in Open edX


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """An override as somebody asks for it; ``values`` None removes the one that is there.

    ``learner`` is who is named, or why nobody is.
    """

    learner: LearnerRef | GradingError
    usage_key: UsageKey
    values: OverrideValues | None
    system: OverrideSystem = OverrideSystem.GRADEBOOK
    reason: str | None = None
    allow_above_possible: bool = False
    if_version: str | None = None


@dataclass(frozen=True, slots=True)
class OverrideMade:
    """An override that was set or removed, and what the events of it are found by."""

    outcome: Overridden
    correlation_id: str


@dataclass(frozen=True, slots=True)
class OverridesMade:
    """What came of requests, one for one, and what the events of it are found by."""

    outcomes: tuple[OverrideOutcome, ...]
    correlation_id: str


async def change_override(
    context: Context, course: StoredCourse, request: OverrideRequest, *, key: RequestKey | None
) -> OverrideMade:
    """Set, replace or remove one override.

    :raises GradingError: if it is refused; nothing is stored then.
    """
    made = await change_overrides(context, course, [request], key=key)
    (outcome,) = made.outcomes
    if isinstance(outcome, GradingError):
        raise outcome
    return OverrideMade(outcome, made.correlation_id)


async def change_overrides(  # noqa: PLR0913 - what, and in which manner
    context: Context,
    course: StoredCourse,
    requests: Sequence[OverrideRequest],
    *,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    key: RequestKey | None = None,
) -> OverridesMade:
    """Set, replace and remove overrides in one transaction, each with an outcome of its own.

    With ``all_or_nothing`` nothing is stored if one is refused; in a ``dry_run`` nothing is stored
    at all, and ``key`` is not used up.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises TooManyItems: if there are more than 1,000.
    :raises IdempotencyKeyReused: if something else was asked for under ``key``.
    """
    access.require_grades_editor(context.viewer, course.key)
    key = None if dry_run else key

    async def act() -> OverridesMade:
        return await _change(
            context.for_change(),
            course,
            requests,
            all_or_nothing=all_or_nothing,
            dry_run=dry_run,
            key=key,
        )

    async def restore(body: dict[str, Any]) -> OverridesMade:
        outcomes = await asyncio.gather(
            *(_outcome_of(context, course, one) for one in body["outcomes"])
        )
        return OverridesMade(tuple(outcomes), body["correlation_id"])

    return await once(context, key, act, restore)


async def read_history(
    context: Context, place: Overridable, *, first: int, before_id: int | None
) -> tuple[list[OverrideEntry], bool]:
    """Return what was done to a subsection grade's override, newest first, and if there is more.

    :raises InvalidInput: if ``first`` is negative.
    :raises TooManyItems: if more than 100 are asked for.
    """
    access.require_grades_reader(context.viewer, place.course.key, place.learner_id)
    if first < 0:
        raise InvalidInput("first must not be negative.")
    if first > MAX_HISTORY:
        raise TooManyItems(f"first may be at most {MAX_HISTORY}; page on with the cursor.")
    page = HistoryPage(*place, first + 1)
    if before_id is not None:
        page = page._replace(before_id=before_id)
    entries = await context.loaders.override_entries.load(page) or []
    return entries[:first], len(entries) > first


async def count_history(context: Context, place: Overridable) -> int:
    """Count what was ever done to a subsection grade's override."""
    access.require_grades_reader(context.viewer, place.course.key, place.learner_id)
    return await context.loaders.override_count.load(place) or 0


async def _change(  # noqa: PLR0913 - what, and in which manner
    context: Context,
    course: StoredCourse,
    requests: Sequence[OverrideRequest],
    *,
    all_or_nothing: bool,
    dry_run: bool,
    key: RequestKey | None,
) -> OverridesMade:
    now = context.now()
    manner = Manner(
        context.origin(Cause.OVERRIDE_SET), now, open_check(context, now), all_or_nothing, dry_run
    )
    manner.require_open(course)
    if len(requests) > MAX_ITEMS:
        raise TooManyItems(
            f"{len(requests)} items are more than {MAX_ITEMS}; send them in several requests.",
            field=["items"],
        )
    learners = await enrolled_learners(context, course, [request.learner for request in requests])
    changes = _checked(requests, learners)
    correlation_id = context.correlation_id

    def pack(outcomes: list[OverrideOutcome]) -> object:
        return {"correlation_id": correlation_id, "outcomes": [*map(_body, outcomes)]}

    first = first_time(context, key, pack)
    outcomes = await record_overrides(course.id, changes, manner, first=first)
    context.after_change()
    return OverridesMade(tuple(outcomes), correlation_id)


def _checked(
    requests: Sequence[OverrideRequest], learners: Sequence[Learner | GradingError]
) -> list[OverrideChange | GradingError]:
    checked: list[OverrideChange | GradingError] = []
    met: set[tuple[LearnerId, UsageKey]] = set()
    for request, learner in zip(requests, learners, strict=True):
        if isinstance(learner, GradingError):
            checked.append(learner)
            continue
        place = (learner.id, request.usage_key)
        if place in met:
            fault: GradingError | None = DuplicateItem(
                "This request has another override of the same learner for the same subsection."
            )
        else:
            fault = _fault_of(request)
        met.add(place)
        checked.append(fault or _change_of(request, learner.id))
    return checked


def _change_of(request: OverrideRequest, learner_id: LearnerId) -> OverrideChange:
    return OverrideChange(
        learner_id,
        request.usage_key,
        request.values,
        request.system,
        request.reason,
        request.allow_above_possible,
        request.if_version,
    )


def _fault_of(request: OverrideRequest) -> GradingError | None:
    values = request.values
    if values is not None:
        for name, points in (
            ("earnedGraded", values.earned_graded),
            ("possibleGraded", values.possible_graded),
            ("earnedAll", values.earned_all),
            ("possibleAll", values.possible_all),
        ):
            if points is not None and not (math.isfinite(points) and 0 <= points <= MAX_POINTS):
                return ScoreOutOfRange(
                    f"{name} must be a number from 0 to {MAX_POINTS:g}.",
                    minimum=0.0,
                    maximum=MAX_POINTS,
                    field=["values", name],
                )
    reason = request.reason
    if reason is not None and (len(reason) > MAX_REASON or not is_storable(reason)):
        return InvalidInput(
            f"A reason has at most {MAX_REASON} characters, none of them NUL or half a character.",
            field=["reason"],
        )
    return None


def _body(outcome: OverrideOutcome) -> dict[str, object]:
    if isinstance(outcome, GradingError):
        return {"error": error_body(outcome)}
    grade = outcome.breakdown.subsection_grade(outcome.usage_key)
    return {
        "course_grade": course_grade_body(outcome.course_grade),
        "subsection_grade": subsection_grade_body(grade),
    }


async def _outcome_of(
    context: Context, course: StoredCourse, body: dict[str, Any]
) -> OverrideOutcome:
    if "error" in body:
        return error_of(body["error"])
    course_grade = course_grade_of(body["course_grade"])
    grade = subsection_grade_of(body["subsection_grade"])
    # What was not asked for then is as it is now: the other subsections.
    present = await read_breakdown(context, course, course_grade)
    grades = {**present.grades, grade.usage_key: grade}
    return Overridden(grade.usage_key, course_grade, replace(present, grades=grades))
