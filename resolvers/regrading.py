"""Regrading learners under the lock: read, compute, save."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.course_grades import course_grades, save_course_grades
from db.courses import StoredCourse, present_courses_by_id
from db.errors import DBConnectionError, RetryableError
from db.event_log import Origin, append_events
from db.problem_scores import recorded_scores
from db.subsection_grades import save_subsection_grades, subsection_grades
from db.transaction import grade_transaction, retrying
from grading import (
    ComputationFailed,
    CourseGrade,
    GradingError,
    LearnerId,
    LearnerRecord,
    Regraded,
    UsageKey,
    regrade,
)

LARGEST_FIGURE = 1e300  # the database's own checks let no more in

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GradeResult:
    """A learner's grade, or why there is none; exactly one of the two."""

    learner_id: LearnerId
    course_grade: CourseGrade | None = None
    error: GradingError | None = None


async def regrade_each(
    course_id: int, learner_ids: Sequence[LearnerId], *, force: bool, origin: Origin, now: datetime
) -> list[GradeResult]:
    """Regrade learners in one transaction, or each alone where the one cannot be stored.

    With ``force`` every subsection is recomputed from its scores first.

    :raises DBConnectionError: if the database is lost; what was regraded before stays so.
    """
    try:
        return await _regrade_together(course_id, learner_ids, force=force, origin=origin, now=now)
    except (RetryableError, DBConnectionError):
        raise
    except Exception:
        if len(learner_ids) == 1:
            logger.exception("learner %d cannot be graded", learner_ids[0])
            error = ComputationFailed("This learner's grade could not be stored; see the log.")
            return [GradeResult(learner_ids[0], error=error)]
    results: list[GradeResult] = []
    for learner_id in learner_ids:
        results += await regrade_each(course_id, [learner_id], force=force, origin=origin, now=now)
    return results


@retrying
async def _regrade_together(
    course_id: int, learner_ids: Sequence[LearnerId], *, force: bool, origin: Origin, now: datetime
) -> list[GradeResult]:
    async with grade_transaction(course_id, learner_ids):
        course = (await present_courses_by_id([course_id]))[course_id]
        records = await learner_records(course, learner_ids, with_scores=force)
        recompute = tuple(course.content.subsections) if force else ()
        regraded, errors = regrade_records(
            course, records, dict.fromkeys(learner_ids, recompute), now=now
        )
        await save_regraded(course, regraded, origin, now=now)
    return [
        GradeResult(learner_id, error=errors[learner_id])
        if learner_id in errors
        else GradeResult(learner_id, regraded[learner_id].course_grade)
        for learner_id in learner_ids
    ]


async def learner_records(
    course: StoredCourse, learner_ids: Collection[LearnerId], *, with_scores: bool
) -> dict[LearnerId, LearnerRecord]:
    """Read all that is stored of these learners. To be called in a grade transaction."""
    grades = await course_grades([course.id], learner_ids)
    subsections = await subsection_grades([course], learner_ids)
    scores = await recorded_scores([course], learner_ids) if with_scores else {}
    return {
        learner_id: LearnerRecord(
            grades.get((course.id, learner_id)),
            subsections.get((course.id, learner_id), {}),
            scores.get((course.id, learner_id), {}),
        )
        for learner_id in learner_ids
    }


def regrade_records(
    course: StoredCourse,
    records: Mapping[LearnerId, LearnerRecord],
    recompute: Mapping[LearnerId, Iterable[UsageKey]],
    *,
    cleared: Mapping[LearnerId, Collection[UsageKey]] | None = None,
    now: datetime,
) -> tuple[dict[LearnerId, Regraded], dict[LearnerId, GradingError]]:
    """Regrade these subsections of each learner; one who cannot be graded stops nobody else."""
    regraded: dict[LearnerId, Regraded] = {}
    errors: dict[LearnerId, GradingError] = {}
    for learner_id, usage_keys in recompute.items():
        try:
            one = regrade(
                course.content,
                learner_id,
                records[learner_id],
                recompute=usage_keys,
                cleared=(cleared or {}).get(learner_id, ()),
                now=now,
            )
            _require_storable(one, course.content.algorithm.subsection_decimals)
            regraded[learner_id] = one
        except GradingError as error:
            errors[learner_id] = error
        except Exception:
            logger.exception("learner %d cannot be graded", learner_id)
            errors[learner_id] = ComputationFailed(
                "This learner's grade could not be computed; see the log."
            )
    return regraded, errors


def _require_storable(regraded: Regraded, decimals: int) -> None:
    # Else one learner's figures, refused by the database, would undo everybody's transaction.
    course_grade = regraded.course_grade
    figures = [course_grade.percent, course_grade.unrounded]
    for grade in regraded.subsection_grades_to_store:
        # The graded points are a part of these.
        figures += (grade.computed_all_total.earned, grade.computed_all_total.possible)
        figures.append(grade.graded_total.percent(decimals))
    if not all(-LARGEST_FIGURE <= figure <= LARGEST_FIGURE for figure in figures):
        raise ComputationFailed("The scores of this learner add up to more than can be stored.")


async def save_regraded(
    course: StoredCourse,
    regraded: Mapping[LearnerId, Regraded],
    origin: Origin,
    *,
    now: datetime,
) -> None:
    """Store what regrades changed, and the events that tell of it.

    To be called in a grade transaction.
    """
    await save_subsection_grades(
        course,
        [
            (learner_id, grade)
            for learner_id, one in regraded.items()
            for grade in one.subsection_grades_to_store
        ],
    )
    await save_course_grades(
        course,
        [
            one.course_grade_to_store
            for one in regraded.values()
            if one.course_grade_to_store is not None
        ],
    )
    changes = [change for one in regraded.values() for change in one.changes]
    await append_events(course.id, changes, origin, now=now)
