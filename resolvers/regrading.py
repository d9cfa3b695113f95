"""Regrading learners under the lock: read, compute, save."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from db.course_grades import course_grades
from db.courses import StoredCourse, present_courses_by_id
from db.errors import DBConnectionError, RetryableError
from db.event_log import Origin, append_events
from db.learner_records import save_grades
from db.problem_scores import recorded_scores
from db.subsection_grades import subsection_grades
from db.transaction import grade_transaction, retrying, transaction
from grading import (
    ComputationFailed,
    CourseGrade,
    GradingError,
    LearnerId,
    LearnerRecord,
    Regraded,
    SubsectionGradeOverride,
    UsageKey,
    regrade,
)
from resolvers.first_answers import AnsweredMeanwhile, FirstTime
from resolvers.version_check import version_conflict

NewOverrides: TypeAlias = Mapping[UsageKey, SubsectionGradeOverride | None]  # None removes

LARGEST_FIGURE = 1e300  # the database's own checks let no more in

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GradeResult:
    """A learner's grade, or why there is none; exactly one of the two."""

    learner_id: LearnerId
    course_grade: CourseGrade | None = None
    error: GradingError | None = None


async def regrade_each(  # noqa: PLR0913 - whom, how, and under which conditions
    course_id: int,
    learner_ids: Sequence[LearnerId],
    *,
    force: bool,
    origin: Origin,
    now: datetime,
    if_version: str | None = None,
    first: FirstTime[list[GradeResult]] | None = None,
    require_open: Callable[[StoredCourse], None] | None = None,
) -> list[GradeResult]:
    """Regrade learners in one transaction; one whose grade cannot be stored stops nobody else.

    With ``force`` every subsection is recomputed from its scores first.

    :raises GradesFrozen: if ``require_open`` finds the course's grades frozen.
    :raises VersionConflict: if ``if_version`` is given and a stored grade is of another one.
    :raises DBConnectionError: if the database is lost.
    """
    task = _Task(course_id, tuple(learner_ids), force, origin, now, if_version, first, require_open)
    try:
        return await _regrade(task, apart=False)
    except (RetryableError, DBConnectionError, GradingError, AnsweredMeanwhile):
        raise
    except Exception:
        logger.exception("a grade could not be stored; trying each learner apart")
    return await _regrade(task, apart=True)


@dataclass(frozen=True, slots=True)
class _Task:
    course_id: int
    learner_ids: tuple[LearnerId, ...]
    force: bool
    origin: Origin
    now: datetime
    if_version: str | None
    first: FirstTime[list[GradeResult]] | None
    require_open: Callable[[StoredCourse], None] | None


@retrying
async def _regrade(task: _Task, *, apart: bool) -> list[GradeResult]:
    async with grade_transaction(task.course_id, task.learner_ids):
        if task.first is not None:
            await task.first.require()
        results = (
            [await _regrade_apart(task, learner_id) for learner_id in task.learner_ids]
            if apart
            else await _regrade_together(task, task.learner_ids)
        )
        if task.first is not None and any(result.error is None for result in results):
            await task.first.keep(results)
    return results


async def _regrade_apart(task: _Task, learner_id: LearnerId) -> GradeResult:
    try:
        async with transaction():
            (result,) = await _regrade_together(task, [learner_id])
    except (RetryableError, DBConnectionError, GradingError):
        raise
    except Exception:
        logger.exception("learner %d cannot be graded", learner_id)
        error = ComputationFailed("This learner's grade could not be stored; see the log.")
        return GradeResult(learner_id, error=error)
    return result


async def _regrade_together(task: _Task, learner_ids: Sequence[LearnerId]) -> list[GradeResult]:
    course = (await present_courses_by_id([task.course_id]))[task.course_id]
    if task.require_open is not None:
        task.require_open(course)
    records = await learner_records(course, learner_ids, with_scores=task.force)
    for learner_id, record in records.items():
        conflict = version_conflict(task.if_version, course_grade_version(record), learner_id)
        if conflict is not None:
            raise conflict
    recompute = tuple(course.content.subsections) if task.force else ()
    regraded, errors = regrade_records(
        course, records, dict.fromkeys(learner_ids, recompute), now=task.now
    )
    await save_regraded(course, regraded, task.origin, now=task.now)
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


def course_grade_version(record: LearnerRecord) -> int:
    """Return the version of the stored course grade, 0 where there is none."""
    return 0 if record.course_grade is None else record.course_grade.version


def regrade_records(  # noqa: PLR0913 - learners, what is stored, what is to be done, and when
    course: StoredCourse,
    records: Mapping[LearnerId, LearnerRecord],
    recompute: Mapping[LearnerId, Iterable[UsageKey]],
    *,
    cleared: Mapping[LearnerId, Collection[UsageKey]] | None = None,
    overrides: Mapping[LearnerId, NewOverrides] | None = None,
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
                overrides=(overrides or {}).get(learner_id),
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
        figures += grade.computed_all_total[:2]
        total = grade.graded_total
        if not 0 <= total.earned <= total.possible:
            figures.append(total.percent(decimals))
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
    await save_grades(course, regraded)
    changes = [change for one in regraded.values() for change in one.changes]
    await append_events(course.id, changes, origin, now=now)
