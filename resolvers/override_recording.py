"""Recording overrides: points, grades, history and events in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from db.courses import StoredCourse, present_courses_by_id
from db.event_log import Origin, append_events
from db.learner_records import save_grades
from db.override_entries import append_override_entries
from db.transaction import grade_transaction, retrying
from grading import (
    Cause,
    CourseGrade,
    GradeChange,
    GradingError,
    LearnerId,
    LearnerRecord,
    Regraded,
    SubsectionGradeChanged,
    SubsectionGradeOverride,
    UsageKey,
    learners_view,
    zero_course_grade,
)
from resolvers.breakdown import Breakdown
from resolvers.first_answers import FirstTime
from resolvers.override_ledger import OverrideChange, OverrideLedger
from resolvers.regrading import learner_records, regrade_records


@dataclass(frozen=True, slots=True)
class Overridden:
    """The grades after a change that was made; ``breakdown`` has all that they are made of."""

    usage_key: UsageKey
    course_grade: CourseGrade
    breakdown: Breakdown


OverrideOutcome: TypeAlias = Overridden | GradingError  # why it was refused


@dataclass(frozen=True, slots=True)
class Manner:
    """How changes are made. ``require_open`` raises where the course's grades are frozen."""

    origin: Origin
    now: datetime
    require_open: Callable[[StoredCourse], None]
    all_or_nothing: bool = False
    dry_run: bool = False


@retrying
async def record_overrides(
    course_id: int,
    changes: Sequence[OverrideChange | GradingError],
    manner: Manner,
    *,
    first: FirstTime[list[OverrideOutcome]] | None = None,
) -> list[OverrideOutcome]:
    """Change overrides and regrade what they touch; a refusal among the changes stays one.

    Each change that cannot be made is refused by itself; the others are stored, unless it is all
    or nothing. No two changes may be of the same grade.
    """
    learner_ids = list(
        dict.fromkeys(one.learner_id for one in changes if isinstance(one, OverrideChange))
    )
    async with grade_transaction(course_id, learner_ids):
        if first is not None:
            await first.require()
        course = (await present_courses_by_id([course_id]))[course_id]
        manner.require_open(course)
        records = await learner_records(course, learner_ids, with_scores=True)
        ledger = OverrideLedger(course, records, manner.origin.actor, manner.now)
        taken = [one if isinstance(one, GradingError) else ledger.take(one) for one in changes]
        regraded, errors = regrade_records(
            course,
            records,
            dict.fromkeys(ledger.overrides, ()),
            overrides=ledger.overrides,
            now=manner.now,
        )
        outcomes = [
            one
            if isinstance(one, GradingError)
            else _settled(ledger, one, records[one.learner_id], regraded, errors)
            for one in taken
        ]
        refused = [isinstance(outcome, GradingError) for outcome in outcomes]
        if manner.dry_run or all(refused) or (manner.all_or_nothing and any(refused)):
            return outcomes
        await save_changes(ledger, regraded, manner.origin)
        if first is not None:
            await first.keep(outcomes)
    return outcomes


def _settled(
    ledger: OverrideLedger,
    change: OverrideChange,
    before: LearnerRecord,
    regraded: Mapping[LearnerId, Regraded],
    errors: Mapping[LearnerId, GradingError],
) -> OverrideOutcome:
    course, learner_id = ledger.course, change.learner_id
    if learner_id in errors:
        return errors[learner_id]
    after = regraded.get(learner_id)
    grades = before.subsection_grades if after is None else after.subsection_grades
    course_grade = before.course_grade if after is None else after.course_grade
    return Overridden(
        change.usage_key,
        course_grade or zero_course_grade(course.content, learner_id),
        Breakdown(course, learner_id, grades, learners_view(course.content, ledger.now)),
    )


async def save_changes(
    ledger: OverrideLedger, regraded: Mapping[LearnerId, Regraded], origin: Origin
) -> None:
    """Store what a ledger took in and what it made of the grades, with history and events.

    To be called in a grade transaction.
    """
    await save_grades(
        ledger.course,
        regraded,
        overridden=[
            (learner_id, usage_key)
            for learner_id in regraded
            for usage_key in ledger.overrides[learner_id]
        ],
    )
    await append_override_entries(ledger.course, ledger.history(regraded))
    if origin.cause is Cause.BULK_IMPORT:
        changes = [change for one in regraded.values() for change in one.changes]
        await append_events(ledger.course.id, changes, origin, now=ledger.now)
        return
    # A learner's subsections before the course grade that follows from them, with one cause or two.
    told = list(_causes(ledger.overrides, regraded))
    for cause in (Cause.OVERRIDE_REMOVED, Cause.OVERRIDE_SET):
        await append_events(
            ledger.course.id,
            [change for why, change in told if why is cause],
            replace(origin, cause=cause),
            now=ledger.now,
        )


def _causes(
    overrides: Mapping[LearnerId, Mapping[UsageKey, SubsectionGradeOverride | None]],
    regraded: Mapping[LearnerId, Regraded],
) -> Iterable[tuple[Cause, GradeChange]]:
    for learner_id, one in regraded.items():
        new = overrides[learner_id]
        for change in one.changes:
            removed = (
                new[change.usage_key] is None
                if isinstance(change, SubsectionGradeChanged)
                else not any(new.values())
            )
            yield Cause.OVERRIDE_REMOVED if removed else Cause.OVERRIDE_SET, change
